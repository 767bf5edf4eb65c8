#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 98 bytes: w[i] = d/4·(2s + 1)·(± magnitude), s in [0, 15] for 32 weights.
/// Magnitudes come four at a time from a grid of 256; of eight signs seven are stored and the eighth makes the minus signs even.
/// Source: GGUF specification, type 18.
struct iq3_xxs {
    static constexpr int              gguf_type        = 18;
    static constexpr std::string_view name             = "IQ3_XXS";
    static constexpr std::size_t      weights          = 256;
    static constexpr bool             needs_importance = true;  // to be encoded well
    struct block {
        half          d;
        std::uint8_t  grid[64];         // an index for every 4 weights
        std::uint16_t signs_and_s[16];  // 32 bits for every 32 weights: four times 7 signs, then s
    };
    static_assert(sizeof(block) == 98);

    static constexpr code_layout                 codes{.bits = 4, .scale = scale_layout::per_256_sub_32, .table_reach = 64};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{4, 12, 20, 28, 36, 44, 52, 62, -4, -12, -20, -28, -36, -44, -52, -62};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
