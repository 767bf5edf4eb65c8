#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// One IEEE 754 binary32 a weight, little-endian.
/// Source: GGUF specification, type 0.
struct f32 {
    static constexpr int              gguf_type = 0;
    static constexpr std::string_view name      = "F32";
    static constexpr std::size_t      weights   = 1;
    struct block {
        float value;
    };
    static_assert(sizeof(block) == 4);

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
};

}  // namespace plume::quant
