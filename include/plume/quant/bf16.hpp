#pragma once

#include <plume/quant/format.hpp>

namespace plume::quant {

/// One bfloat16 a weight. Encoding rounds to nearest even.
/// Source: GGUF specification, type 30.
struct bf16 {
    static constexpr int              gguf_type = 30;
    static constexpr std::string_view name      = "BF16";
    static constexpr std::size_t      weights   = 1;
    struct block {
        bfloat16 value;
    };
    static_assert(sizeof(block) == 2);

    static void decode(const block&, std::span<float, weights> w) noexcept;
    static void encode(std::span<const float, weights> w, block&) noexcept;
};

}  // namespace plume::quant
