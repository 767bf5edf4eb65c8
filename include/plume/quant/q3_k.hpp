#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 110 bytes: w[i] = d·sub[i / 16]·(q[i] - 4), q in [0, 7], sub in [-32, 31].
/// Source: GGUF specification, type 11.
struct q3_k {
    static constexpr int              gguf_type = 11;
    static constexpr std::string_view name      = "Q3_K";
    static constexpr std::size_t      weights   = 256;
    struct block {
        std::uint8_t high[32];  // weight 32g + j: its third bit is bit g of byte j
        std::uint8_t q[64];     // of each 128 weights: the low bits of weight 32p + j at bits 2p of byte j
        std::uint8_t subs[12];  // sub + 32 in 6 bits: 16 low nibbles in 8 bytes, then 16 times 2 high bits
        half         d;
    };
    static_assert(sizeof(block) == 110);

    static constexpr code_layout                 codes{.bits = 3, .scale = scale_layout::per_256_sub_16};
    static constexpr int                         offset = 4;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
