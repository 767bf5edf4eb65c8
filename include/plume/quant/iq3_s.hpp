#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 110 bytes: w[i] = d·(2s + 1)·(± magnitude), s in [0, 15] for 32 weights.
/// Magnitudes come four at a time from a grid of 512.
/// Source: GGUF specification, type 21.
struct iq3_s {
    static constexpr int              gguf_type = 21;
    static constexpr std::string_view name      = "IQ3_S";
    static constexpr std::size_t      weights   = 256;
    struct block {
        half         d;
        std::uint8_t grid[64];      // the low 8 bits of an index for every 4 weights
        std::uint8_t grid_high[8];  // and its ninth
        std::uint8_t signs[32];
        std::uint8_t subs[4];  // s, two a byte
    };
    static_assert(sizeof(block) == 110);

    static constexpr code_layout                 codes{.bits = 4, .scale = scale_layout::per_256_sub_32, .table_reach = 64};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{1, 3, 5, 7, 9, 11, 13, 15, -1, -3, -5, -7, -9, -11, -13, -15};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
