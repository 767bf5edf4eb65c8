#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 32 weights in 17 bytes: w[i] = 2^(exponent - 128)·table[q[i]]; the table holds twice the E2M1 values, so that they are integers.
/// The negative zero of E2M1 decodes as +0 and exponent 255 as 2^127, as in GGUF files; exponents 0 and 1 are subnormal floats.
/// Source: OCP Microscaling Formats v1.0, section 5.3; GGUF specification, type 39.
struct mxfp4 {
    static constexpr int              gguf_type = 39;
    static constexpr std::string_view name      = "MXFP4";
    static constexpr std::size_t      weights   = 32;
    struct block {
        std::uint8_t exponent;
        std::uint8_t q[16];  // weight i in the low nibble of byte i, weight i + 16 in the high one
    };
    static_assert(sizeof(block) == 17);

    static constexpr code_layout                 codes{.bits = 4, .scale = scale_layout::per_32_f32, .table_reach = 16};
    static constexpr int                         offset = 0;
    static constexpr std::array<std::int8_t, 16> table{0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
