#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 32 weights in 22 bytes: w[i] = d·(q[i] - 16), q in [0, 31].
/// Source: GGUF specification, type 6.
struct q5_0 {
    static constexpr int              gguf_type = 6;
    static constexpr std::string_view name      = "Q5_0";
    static constexpr std::size_t      weights   = 32;
    struct block {
        half         d;
        std::uint8_t high[4];  // bit i: the fifth bit of weight i
        std::uint8_t q[16];    // weight i in the low nibble of byte i, weight i + 16 in the high one
    };
    static_assert(sizeof(block) == 22);

    static constexpr code_layout                 codes{.bits = 5, .scale = scale_layout::per_32_f16};
    static constexpr int                         offset = 16;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
