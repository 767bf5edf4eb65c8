#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 32 weights in 18 bytes: w[i] = d·table[q[i]], a fixed table of 16 values that lie denser near zero.
/// Source: GGUF specification, type 20.
struct iq4_nl {
    static constexpr int              gguf_type = 20;
    static constexpr std::string_view name      = "IQ4_NL";
    static constexpr std::size_t      weights   = 32;
    struct block {
        half         d;
        std::uint8_t q[16];  // weight i in the low nibble of byte i, weight i + 16 in the high one
    };
    static_assert(sizeof(block) == 18);

    static constexpr code_layout                 codes{.bits = 4, .scale = scale_layout::per_32_f16, .table_reach = 128};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
