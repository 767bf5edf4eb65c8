#pragma once

#include <plume/quant/iq1_s.hpp>

namespace plume::quant {

/// 256 weights in 56 bytes: w[i] = d/8·(2s + 1)·(8g ± 1), s in [0, 7] for 16 weights, a sign of the shift for every 8.
/// g comes from the grid of IQ1_S. d is a half in four pieces: the top nibbles of the four words of s, the lowest first.
/// Source: GGUF specification, type 29.
struct iq1_m {
    static constexpr int              gguf_type        = 29;
    static constexpr std::string_view name             = "IQ1_M";
    static constexpr std::size_t      weights          = 256;
    static constexpr bool             needs_importance = true;  // to be encoded well
    struct block {
        std::uint8_t  grid[32];  // the low 8 bits of an index for every 8 weights
        std::uint8_t  high[16];  // for every 8 weights a nibble: 3 bits of index, the sign of the shift
        std::uint16_t subs[4];   // four times s in 3 bits, then 4 bits of d
    };
    static_assert(sizeof(block) == 56);

    static constexpr code_layout                 codes{.bits = 3, .scale = scale_layout::per_256_sub_16, .table_reach = 64};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table  = iq1_s::table;

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
