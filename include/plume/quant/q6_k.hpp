#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 210 bytes: w[i] = d·sub[i / 16]·(q[i] - 32), q in [0, 63], sub in [-128, 127].
/// Source: GGUF specification, type 14.
struct q6_k {
    static constexpr int              gguf_type = 14;
    static constexpr std::string_view name      = "Q6_K";
    static constexpr std::size_t      weights   = 256;
    struct block {
        std::uint8_t low[128];  // of each 128 weights: weight j < 64 in the low nibble of byte j, weight j + 64 in the high one
        std::uint8_t high[64];  // of each 128 weights: the two high bits of weight 32p + j at bits 2p of byte j
        std::int8_t  subs[16];
        half         d;
    };
    static_assert(sizeof(block) == 210);

    static constexpr code_layout                 codes{.bits = 6, .scale = scale_layout::per_256_sub_16};
    static constexpr int                         offset = 32;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
