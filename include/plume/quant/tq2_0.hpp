#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 256 weights in 66 bytes: w[i] = d·(q[i] - 1), q in [0, 3].
/// Source: GGUF specification, type 35.
struct tq2_0 {
    static constexpr int              gguf_type = 35;
    static constexpr std::string_view name      = "TQ2_0";
    static constexpr std::size_t      weights   = 256;
    struct block {
        std::uint8_t q[64];  // of each 128 weights: weight 32p + j at bits 2p of byte j
        half         d;
    };
    static_assert(sizeof(block) == 66);

    static constexpr code_layout                 codes{.bits = 2, .scale = scale_layout::per_256_sub_32};
    static constexpr int                         offset = 1;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
