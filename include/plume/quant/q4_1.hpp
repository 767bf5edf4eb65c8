#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 32 weights in 20 bytes: w[i] = d·q[i] + m, q in [0, 15].
/// Source: GGUF specification, type 3.
struct q4_1 {
    static constexpr int              gguf_type = 3;
    static constexpr std::string_view name      = "Q4_1";
    static constexpr std::size_t      weights   = 32;
    struct block {
        half         d, m;
        std::uint8_t q[16];  // weight i in the low nibble of byte i, weight i + 16 in the high one
    };
    static_assert(sizeof(block) == 20);

    static constexpr code_layout                 codes{.bits = 4, .scale = scale_layout::per_32_f16, .min = min_layout::per_32_f16};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
