#pragma once

#include <plume/quant/iq2_xxs.hpp>

namespace plume::quant {

/// 256 weights in 74 bytes: w[i] = d/8·(2s + 1)·(± magnitude), s in [0, 15] for 16 weights.
/// Magnitudes come eight at a time from a grid of 512; of eight signs seven are stored and the eighth makes the minus signs even.
/// Source: GGUF specification, type 17.
struct iq2_xs {
    static constexpr int              gguf_type        = 17;
    static constexpr std::string_view name             = "IQ2_XS";
    static constexpr std::size_t      weights          = 256;
    static constexpr bool             needs_importance = true;  // to be encoded well
    struct block {
        half          d;
        std::uint16_t q[32];    // for every 8 weights: 9 bits of grid index, 7 signs
        std::uint8_t  subs[8];  // s, two a byte
    };
    static_assert(sizeof(block) == 74);

    static constexpr code_layout                 codes{.bits = 3, .scale = scale_layout::per_256_sub_16, .table_reach = 64};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table  = iq2_xxs::table;

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
