#pragma once

#include <kernels/table.hpp>

#include "inlined.hpp"

// How a target cuts T tokens, and how their quantised activations lie. A tile of M tokens is what one pass over a panel serves. Its four-byte groups lie
// as the kernel meets them: group k/4 of all M tokens, then the next group, so that one pointer and constant distances reach them all.

namespace plume::kernels::cpu {

struct token_tile {
    std::size_t begin, tokens;
};

/// Full tiles first, then what is left in powers of two: 4, 2, 1.
template <class A, int Planes>
struct token_tiles {
    static constexpr std::size_t full = static_cast<std::size_t>(A::tokens(Planes));

    PLUME_INLINE static token_tile of(std::size_t T, std::size_t t) noexcept {
        const std::size_t tiled = T / full * full;
        if (t < tiled) return {t / full * full, full};
        std::size_t begin = tiled;
        for (std::size_t size = 4; size > 1; size /= 2)
            if (size < full && ((T - tiled) & size) != 0) {
                if (t < begin + size) return {begin, size};
                begin += size;
            }
        return {begin, 1};
    }
};

}  // namespace plume::kernels::cpu
