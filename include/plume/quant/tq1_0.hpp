#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 54 bytes: w[i] = d·(q[i] - 1), q in {0, 1, 2}: five base-3 digits a byte.
/// A byte holds a fraction of 256: digit n is the integer part of 3·frac(byte·3^n / 256).
/// Source: GGUF specification, type 34.
struct tq1_0 {
    static constexpr int              gguf_type = 34;
    static constexpr std::string_view name      = "TQ1_0";
    static constexpr std::size_t      weights   = 256;
    struct block {
        std::uint8_t q[48];    // digit n of byte j < 32 is weight 32n + j; of byte 32 + j, weight 160 + 16n + j
        std::uint8_t last[4];  // digit n < 4 of byte j is weight 240 + 4n + j
        half         d;
    };
    static_assert(sizeof(block) == 54);

    static constexpr code_layout                 codes{.bits = 2, .scale = scale_layout::per_256_sub_32};
    static constexpr int                         offset = 1;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
