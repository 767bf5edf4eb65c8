#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 50 bytes: w[i] = d/8·(2s + 1)·(8g ± 1), s in [0, 7] and one sign of the shift for 32 weights.
/// g in {-1, 0, 1} comes eight at a time from a grid of 2048.
/// Source: GGUF specification, type 19.
struct iq1_s {
    static constexpr int              gguf_type        = 19;
    static constexpr std::string_view name             = "IQ1_S";
    static constexpr std::size_t      weights          = 256;
    static constexpr bool             needs_importance = true;  // to be encoded well
    struct block {
        half          d;
        std::uint8_t  grid[32];  // the low 8 bits of an index for every 8 weights
        std::uint16_t high[8];   // for every 32 weights: four times 3 bits of index, s in 3 bits, and the sign of the shift
    };
    static_assert(sizeof(block) == 50);

    static constexpr code_layout                 codes{.bits = 3, .scale = scale_layout::per_256_sub_32, .table_reach = 64};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{-7, 1, 9, 0, -9, -1, 7, 0};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
