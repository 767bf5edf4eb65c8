#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 66 bytes: w[i] = d/8·(2s + 1)·(± magnitude), s in [0, 15] for 32 weights.
/// Magnitudes come eight at a time from a grid of 256; of eight signs seven are stored and the eighth makes the minus signs even.
/// Source: GGUF specification, type 16.
struct iq2_xxs {
    static constexpr int              gguf_type        = 16;
    static constexpr std::string_view name             = "IQ2_XXS";
    static constexpr std::size_t      weights          = 256;
    static constexpr bool             needs_importance = true;  // to be encoded well
    struct block {
        half          d;
        std::uint16_t q[32];  // of each 32 weights: 4 grid indices in 8 bits, then 32 bits: four times 7 signs, then s
    };
    static_assert(sizeof(block) == 66);

    static constexpr code_layout                 codes{.bits = 3, .scale = scale_layout::per_256_sub_32, .table_reach = 64};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{8, 25, 43, 0, -8, -25, -43, 0};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
