#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 84 bytes: w[i] = d·sub[i / 16]·q[i] - dmin·min[i / 16], q in [0, 3], sub and min in [0, 15].
/// Source: GGUF specification, type 10.
struct q2_k {
    static constexpr int              gguf_type = 10;
    static constexpr std::string_view name      = "Q2_K";
    static constexpr std::size_t      weights   = 256;
    struct block {
        std::uint8_t subs_and_mins[16];  // sub in the low nibble, min in the high one
        std::uint8_t q[64];              // of each 128 weights: weight 32p + j at bits 2p of byte j
        half         d, dmin;
    };
    static_assert(sizeof(block) == 84);

    static constexpr code_layout                 codes{.bits = 2, .scale = scale_layout::per_256_sub_16, .min = min_layout::per_256_sub_16};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
