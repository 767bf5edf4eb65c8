#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// 32 weights in 34 bytes: w[i] = d·q[i], q in [-128, 127]. As a code, q + 128.
/// Source: GGUF specification, type 8.
struct q8_0 {
    static constexpr int              gguf_type = 8;
    static constexpr std::string_view name      = "Q8_0";
    static constexpr std::size_t      weights   = 32;
    struct block {
        half        d;
        std::int8_t q[32];
    };
    static_assert(sizeof(block) == 34);

    static constexpr code_layout                 codes{.bits = 8, .scale = scale_layout::per_32_f16};
    static constexpr int                         offset = 128;
    static constexpr std::array<std::int8_t, 16> table{};

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
    static void encode(std::span<const float, weights> w, std::span<const float, weights> importance, block&) noexcept;
    static void unpack(const block&, std::size_t group, codes_32&) noexcept;
};

}  // namespace plume::quant
