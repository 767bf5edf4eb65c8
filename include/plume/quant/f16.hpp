#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// One IEEE 754 binary16 a weight. Encoding rounds to nearest even; beyond 65504 it gives infinity.
/// Source: GGUF specification, type 1.
struct f16 {
    static constexpr int              gguf_type = 1;
    static constexpr std::string_view name      = "F16";
    static constexpr std::size_t      weights   = 1;
    struct block {
        half value;
    };
    static_assert(sizeof(block) == 2);

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
};

}  // namespace plume::quant
