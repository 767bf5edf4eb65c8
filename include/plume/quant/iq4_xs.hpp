#pragma once

#include <plume/quant/iq4_nl.hpp>

namespace plume::quant {

/// 256 weights in 136 bytes: w[i] = d·sub[i / 32]·table[q[i]] with the table of IQ4_NL, sub in [-32, 31].
/// Source: GGUF specification, type 23.
struct iq4_xs {
    static constexpr int              gguf_type = 23;
    static constexpr std::string_view name      = "IQ4_XS";
    static constexpr std::size_t      weights   = 256;
    struct block {
        half          d;
        std::uint16_t subs_high;    // sub + 32: its two high bits, group g at bits 2g
        std::uint8_t  subs_low[4];  // and its low nibbles
        std::uint8_t  q[128];       // of each 32 weights: weight j in the low nibble of byte j, weight j + 16 in the high one
    };
    static_assert(sizeof(block) == 136);

    static constexpr code_layout                 codes{.bits = 4, .scale = scale_layout::per_256_sub_32, .table_reach = 128};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table  = iq4_nl::table;

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
