#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 144 bytes: w[i] = d·sub[i / 32]·q[i] - dmin·min[i / 32], q in [0, 15], sub and min in [0, 63].
/// Source: GGUF specification, type 12.
struct q4_k {
    static constexpr int              gguf_type = 12;
    static constexpr std::string_view name      = "Q4_K";
    static constexpr std::size_t      weights   = 256;
    struct block {
        half         d, dmin;
        std::uint8_t subs_and_mins[12];  // 6 bits each; the layout stands in src/quant/six_bits.hpp
        std::uint8_t q[128];             // of each 64 weights: weight j in the low nibble of byte j, weight j + 32 in the high one
    };
    static_assert(sizeof(block) == 144);

    static constexpr code_layout                 codes{.bits = 4, .scale = scale_layout::per_256_sub_32, .min = min_layout::per_256_sub_32};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
