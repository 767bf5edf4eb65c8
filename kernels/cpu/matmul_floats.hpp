#pragma once

#include <kernels/table.hpp>

#include "inlined.hpp"

// y[T,N] = x[T,D] · w[N,D]^T for float weights: one fma chain per output, k ascending. A chain may pause in y and go on from there, since a float that is
// stored and loaded is the same float: that is what lets K be cut in slabs that stay in the first cache.

namespace plume::kernels::cpu {

/// How 16 weights of one k lie in memory.
template <class A>
struct weights_f32 {
    static constexpr std::size_t        bytes = 4;
    PLUME_INLINE static typename A::f32 load(const std::byte* p) noexcept { return A::load(reinterpret_cast<const float*>(p)); }
};
template <class A>
struct weights_f16 {
    static constexpr std::size_t        bytes = 2;
    PLUME_INLINE static typename A::f32 load(const std::byte* p) noexcept { return A::load_f16(p); }
};
template <class A>
struct weights_bf16 {
    static constexpr std::size_t        bytes = 2;
    PLUME_INLINE static typename A::f32 load(const std::byte* p) noexcept { return A::load_bf16(p); }
};

/// Where a tile reads and writes.
struct float_tile {
    const std::byte* w;            // first panel, at the tile's first k
    std::size_t      panel_bytes;  // from panel to panel
    const float*     x;            // first token, at the tile's first k
    std::size_t      D;            // from token to token
    std::size_t      n_k;
    float*           y;  // first token, first row
    std::size_t      y_stride;
    std::size_t      rows;     // of w from the first panel's on: those beyond are not written
    bool             goes_on;  // the chains begin with what is in y, not with 0
    const std::byte* ahead;    // weights that will be needed next: fetched while this tile computes, `ahead_step` bytes of each panel every 4 k
    std::size_t      ahead_panel_bytes, ahead_step;

    [[nodiscard]] float_tile panels_from(std::size_t p) const noexcept {
        float_tile tile = *this;
        tile.w += p * panel_bytes;
        tile.y += p * panel_rows;
        tile.rows -= p * panel_rows;
        tile.ahead += p * ahead_panel_bytes;
        return tile;
    }
    [[nodiscard]] float_tile tokens_from(std::size_t t, const std::byte* fetch) const noexcept {
        float_tile tile = *this;
        tile.x += t * D;
        tile.y += t * y_stride;
        tile.ahead = fetch;
        return tile;
    }
};

/// P panels × M tokens in registers: each weight vector serves M tokens, each broadcast activation P panels.
template <class A, class W, int P, int M>
[[gnu::noinline]] void matmul_float_tile(const float_tile& tile) noexcept {
    const auto each = [](auto f)
                          PLUME_INLINE_LAMBDA { unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA { f(p, t); }); }); };
    typename A::f32   acc[P][M];
    const std::size_t full = static_cast<std::size_t>(P) * panel_rows <= tile.rows ? panel_rows : tile.rows % panel_rows;  // rows of the last panel
    const auto        at   = [&](auto p, auto t) PLUME_INLINE_LAMBDA { return tile.y + t.value * tile.y_stride + p.value * panel_rows; };
    if (tile.goes_on)
        each([&](auto p, auto t) PLUME_INLINE_LAMBDA {
            if (p.value + 1 < P || full == panel_rows)
                acc[p.value][t.value] = A::load(at(p, t));
            else
                acc[p.value][t.value] = A::load_n(at(p, t), full);
        });
    else
        each([&](auto p, auto t) PLUME_INLINE_LAMBDA { acc[p.value][t.value] = A::set1(0); });

    // The next tokens' sums are on their way before their tile begins: y's rows are often a power of two apart and push each other out of the caches.
    each([&](auto p, auto t) PLUME_INLINE_LAMBDA { __builtin_prefetch(at(p, t) + M * tile.y_stride, 1, 3); });

    const std::byte*  w = tile.w;
    const float*      x = tile.x;
    const std::size_t D = tile.D, panel_bytes = tile.panel_bytes;
    const std::byte*  ahead = tile.ahead;
    const auto        step  = [&]() PLUME_INLINE_LAMBDA {
        typename A::f32 weights[P];
        unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { weights[p.value] = W::load(w + p.value * panel_bytes); });
        unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA {
            const auto activation = A::set1(x[t.value * D]);
            unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { acc[p.value][t.value] = A::fma(weights[p.value], activation, acc[p.value][t.value]); });
        });
        w += W::bytes * panel_rows;
        ++x;
    };
    for (std::size_t k = tile.n_k / 4; k != 0; --k) {
        unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { __builtin_prefetch(ahead + p.value * tile.ahead_panel_bytes, 0, 2); });
        ahead += tile.ahead_step;
        unrolled<4>([&](auto) PLUME_INLINE_LAMBDA { step(); });
    }
    for (std::size_t k = tile.n_k % 4; k != 0; --k) step();
    each([&](auto p, auto t) PLUME_INLINE_LAMBDA {
        if (p.value + 1 < P || full == panel_rows)
            A::store(at(p, t), acc[p.value][t.value]);
        else
            A::store_n(at(p, t), acc[p.value][t.value], full);
    });
}

/// n_panels panels for M tokens, P at a time and then fewer.
template <class A, class W, int P, int M>
PLUME_INLINE void matmul_float_panels(const float_tile& tile, std::size_t n_panels) noexcept {
    std::size_t p = 0;
    for (; p + P <= n_panels; p += P) matmul_float_tile<A, W, P, M>(tile.panels_from(p));
    if constexpr (P > 1)
        if (p < n_panels) matmul_float_panels<A, W, P / 2, M>(tile.panels_from(p), n_panels - p);
}

/// The panels that M tokens take at a time: a power of two whose sums fit in the registers.
template <class A>
constexpr int float_panels(int M) {
    int P = A::float_panels;
    while (P > 1 && P * M > A::float_sums) P /= 2;
    return P;
}

/// T tokens in the fewest tiles of at most Most tokens, as equal as can be. The weights at `next` are fetched meanwhile: in as many parts as there are tiles,
/// or, where these are the ones in use but a little further on, by each tile.
template <class A, class W, int Most>
void matmul_float_tokens(float_tile tile, std::size_t n_panels, std::size_t T, const std::byte* next, std::size_t next_line, bool in_parts) noexcept {
    const std::size_t tiles = (T + Most - 1) / Most, parts = in_parts ? tiles : 1;
    tile.ahead_step = 4 * next_line / parts;
    for (std::size_t i = 0; i < tiles; ++i) {
        const std::size_t t = i * T / tiles, tokens = (i + 1) * T / tiles - t;
        const float_tile  part = tile.tokens_from(t, next + (in_parts ? i * tile.n_k * next_line / parts : 0));
        unrolled<Most>([&](auto n) PLUME_INLINE_LAMBDA {
            constexpr int M = n.value + 1;
            if (tokens == M) matmul_float_panels<A, W, float_panels<A>(M), M>(part, n_panels);
        });
    }
}

/// Four panels at a time. Few tokens: the weights are read as they lie in memory, over all of K. More: in slabs of K that stay in the caches, halves widened
/// to f32 once for all tokens.
template <class A, class W>
void matmul_floats(const panels& w, std::size_t panel_begin, std::size_t panel_end, const float* x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    constexpr bool        half = W::bytes == 2;
    constexpr int         most = half ? A::float_few : A::float_tokens;
    constexpr std::size_t four = 4, few = half ? 2 * A::float_few : A::float_tokens,
                          near   = 512;                // of 256 to 2048 bytes, near is the best: far is worse than none
    constexpr std::size_t slab_k = half ? 256 : 1024;  // widened: 64 KiB of stack; f32: 256 KiB of the second cache
    alignas(64) float     wide[half ? four * slab_k * panel_rows : 1];
    const std::size_t     D = w.D, line = W::bytes * panel_rows, step = T <= few ? D : slab_k;
    for (std::size_t group = panel_begin; group < panel_end; group += four) {
        const bool        last     = panel_end - group <= four;
        const std::size_t n_panels = last ? panel_end - group : four;
        const std::byte*  first    = w.data + group * w.panel_bytes;
        float_tile        tile{first, w.panel_bytes, x, D, D, y + group * panel_rows, y_stride, w.N - group * panel_rows, false, first, w.panel_bytes, 0};
        for (std::size_t k = 0; k < D; k += step) {
            tile.w       = first + line * k;
            tile.x       = x + k;
            tile.n_k     = D - k < step ? D - k : step;
            tile.goes_on = k != 0;
            if (T <= few) {
                matmul_float_tokens<A, W, most>(tile, n_panels, T, first + near, line, false);
                continue;
            }
            const std::byte* next = k + step < D ? tile.w + line * step : last ? first : first + four * w.panel_bytes;
            if constexpr (half) {
                for (std::size_t p = 0; p < n_panels; ++p)
                    for (std::size_t i = 0; i < tile.n_k; ++i) A::store(wide + (p * slab_k + i) * panel_rows, W::load(tile.w + p * w.panel_bytes + line * i));
                tile.w           = reinterpret_cast<const std::byte*>(wide);
                tile.panel_bytes = sizeof(float) * panel_rows * slab_k;
            }
            matmul_float_tokens<A, weights_f32<A>, A::float_tokens>(tile, n_panels, T, next, line, true);
        }
    }
}

}  // namespace plume::kernels::cpu
