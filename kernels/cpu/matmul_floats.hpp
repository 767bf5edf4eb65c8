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

inline constexpr std::size_t wide_k = 256, wide_panel = wide_k * panel_rows;  // four panels: 64 KiB of stack

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
    float*           wide = nullptr;  // where the weights go as floats for the tiles that follow; null where none do

    [[nodiscard]] float_tile panels_from(std::size_t p) const noexcept {
        float_tile tile = *this;
        tile.w += p * panel_bytes;
        tile.y += p * panel_rows;
        tile.rows -= p * panel_rows;
        tile.ahead += p * ahead_panel_bytes;
        tile.wide += wide == nullptr ? 0 : p * wide_panel;
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
template <class A, class W, int P, int M, bool Widen>
[[gnu::noinline]] void matmul_float_tile(const float_tile& tile) noexcept {
    const auto each = [](auto f)
                          PLUME_INLINE_LAMBDA { unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { unrolled<M>([&](int t) PLUME_INLINE_LAMBDA { f(p, t); }); }); };
    typename A::f32   acc[P][M];
    const std::size_t full = static_cast<std::size_t>(P) * panel_rows <= tile.rows ? panel_rows : tile.rows % panel_rows;  // rows of the last panel
    const auto        at   = [&](int p, int t) PLUME_INLINE_LAMBDA { return tile.y + t * tile.y_stride + p * panel_rows; };
    if (tile.goes_on)
        each([&](int p, int t) PLUME_INLINE_LAMBDA {
            if (p + 1 < P || full == panel_rows)
                acc[p][t] = A::load(at(p, t));
            else
                acc[p][t] = A::load_n(at(p, t), full);
        });
    else
        each([&](int p, int t) PLUME_INLINE_LAMBDA { acc[p][t] = A::set1(0); });

    // The next tokens' sums are on their way before their tile begins: y's rows are often a power of two apart and push each other out of the caches.
    each([&](int p, int t) PLUME_INLINE_LAMBDA { __builtin_prefetch(at(p, t) + M * tile.y_stride, 1, 3); });

    const std::byte*  w = tile.w;
    const float*      x = tile.x;
    const std::size_t D = tile.D, panel_bytes = tile.panel_bytes;
    const std::byte*  ahead = tile.ahead;
    float*            wide  = tile.wide;
    const auto        step  = [&]() PLUME_INLINE_LAMBDA {
        typename A::f32 weights[P];
        unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { weights[p] = W::load(w + p * panel_bytes); });
        if constexpr (Widen) {
            unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { A::store(wide + p * wide_panel, weights[p]); });
            wide += panel_rows;
        }
        unrolled<M>([&](int t) PLUME_INLINE_LAMBDA {
            const auto activation = A::set1(x[t * D]);
            unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { acc[p][t] = A::fma(weights[p], activation, acc[p][t]); });
        });
        w += W::bytes * panel_rows;
        ++x;
    };
    for (std::size_t k = tile.n_k / 4; k != 0; --k) {
        unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { __builtin_prefetch(ahead + p * tile.ahead_panel_bytes, 0, 2); });
        ahead += tile.ahead_step;
        unrolled<4>([&](auto) PLUME_INLINE_LAMBDA { step(); });
    }
    for (std::size_t k = tile.n_k % 4; k != 0; --k) step();
    each([&](int p, int t) PLUME_INLINE_LAMBDA {
        if (p + 1 < P || full == panel_rows)
            A::store(at(p, t), acc[p][t]);
        else
            A::store_n(at(p, t), acc[p][t], full);
    });
}

/// n_panels panels for M tokens, P at a time and then fewer.
template <class A, class W, int P, int M, bool Widen>
PLUME_INLINE void matmul_float_panels(const float_tile& tile, std::size_t n_panels) noexcept {
    std::size_t p = 0;
    for (; p + P <= n_panels; p += P) matmul_float_tile<A, W, P, M, Widen>(tile.panels_from(p));
    if constexpr (P > 1)
        if (p < n_panels) matmul_float_panels<A, W, P / 2, M, Widen>(tile.panels_from(p), n_panels - p);
}

/// The panels that M tokens take at a time: a power of two whose sums fit in the registers.
template <class A>
constexpr int float_panels(int M) {
    int P = A::float_panels;
    while (P > 1 && P * M > A::float_sums) P /= 2;
    return P;
}

/// One tile of `tokens` tokens, Least to Most.
template <class A, class W, int Least, int Most, bool Widen>
PLUME_INLINE void matmul_float_tokens(const float_tile& tile, std::size_t n_panels, std::size_t tokens) noexcept {
    unrolled<Most - Least + 1>([&](auto n) PLUME_INLINE_LAMBDA {
        constexpr int M = Least + n.value;
        if (tokens == M) matmul_float_panels<A, W, float_panels<A>(M), M, Widen>(tile, n_panels);
    });
}

/// Few tokens, all of K: the weights are read as they lie in memory. What is a little further on is fetched: of 256 to 2048 bytes, 512 is the best, and far
/// is worse than none.
template <class A, class W, int Most>
void matmul_float_few(float_tile tile, std::size_t n_panels, std::size_t T) noexcept {
    const std::size_t tiles = (T + Most - 1) / Most;
    tile.ahead              = tile.w + 512;
    tile.ahead_step         = 4 * W::bytes * panel_rows;
    for (std::size_t i = 0; i < tiles; ++i) {
        const std::size_t t = i * T / tiles;
        matmul_float_tokens<A, W, 1, Most, false>(tile.tokens_from(t, tile.ahead), n_panels, (i + 1) * T / tiles - t);
    }
}

/// More than two tiles of tokens, one slab of K. The first tile leaves halves behind as floats, for the others. Each fetches its part of the slab at `next`.
template <class A, class W>
void matmul_float_slab(float_tile tile, std::size_t n_panels, std::size_t T, const std::byte* next) noexcept {
    constexpr int         most = A::float_tokens;
    constexpr std::size_t line = W::bytes * panel_rows;
    constexpr bool        half = W::bytes == 2;
    alignas(64) float     wide[half ? 4 * wide_panel : 1];
    const std::size_t     tiles = (T + most - 1) / most;
    tile.ahead_step             = 4 * line / tiles;
    tile.wide                   = half ? wide : nullptr;
    for (std::size_t i = 0; i < tiles; ++i) {
        const std::size_t t = (i * T + tiles - 1) / tiles, tokens = ((i + 1) * T + tiles - 1) / tiles - t;  // the first is the largest
        const float_tile  part = tile.tokens_from(t, next + i * tile.n_k * line / tiles);
        if (half && i == 0) {
            matmul_float_tokens<A, W, most / 2 + 1, most, true>(part, n_panels, tokens);
            tile.w           = reinterpret_cast<const std::byte*>(wide);
            tile.panel_bytes = sizeof(float) * wide_panel;
        } else {
            matmul_float_tokens<A, weights_f32<A>, 1, most, false>(part, n_panels, tokens);
        }
    }
}

/// Four panels at a time. A slab of K stays in the caches while all tokens meet it.
template <class A, class W>
void matmul_floats(const panels& w, std::size_t panel_begin, std::size_t panel_end, const float* x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    constexpr bool        half = W::bytes == 2;
    constexpr std::size_t four = 4, few = half ? 2 * A::float_few : A::float_tokens, slab_k = half ? wide_k : 1024, line = W::bytes * panel_rows;
    const std::size_t     D = w.D;
    for (std::size_t group = panel_begin; group < panel_end; group += four) {
        const bool        last     = panel_end - group <= four;
        const std::size_t n_panels = last ? panel_end - group : four;
        const std::byte*  first    = w.data + group * w.panel_bytes;
        float_tile        tile{first, w.panel_bytes, x, D, D, y + group * panel_rows, y_stride, w.N - group * panel_rows, false, first, w.panel_bytes, 0};
        if (T <= few) {
            matmul_float_few<A, W, half ? A::float_few : A::float_tokens>(tile, n_panels, T);
            continue;
        }
        for (std::size_t k = 0; k < D; k += slab_k) {
            tile.w       = first + line * k;
            tile.x       = x + k;
            tile.n_k     = D - k < slab_k ? D - k : slab_k;
            tile.goes_on = k != 0;
            matmul_float_slab<A, W>(tile, n_panels, T, k + slab_k < D ? tile.w + line * slab_k : last ? first : first + four * w.panel_bytes);
        }
    }
}

}  // namespace plume::kernels::cpu
