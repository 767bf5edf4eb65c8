#pragma once

#include <kernels/table.hpp>

#include "inlined.hpp"

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

/// y[t, r] = Σ w[r, k]·x[t, k], one fma chain per output with k ascending, for P panels of 16 rows and M tokens.
template <class A, class W, int M, int P>
void matmul_float_tile(const panels& w, std::size_t panel, const float* x, float* y, std::size_t y_stride) noexcept {
    const std::size_t D = w.D;
    const std::byte*  at[P];
    unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { at[p.value] = w.data + (panel + p.value) * w.panel_bytes; });
    typename A::f32 acc[P][M];
    unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA { acc[p.value][t.value] = A::set1(0); }); });
    for (std::size_t k = 0; k < D; ++k)
        unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA {
            const auto weights = W::load(at[p.value] + W::bytes * panel_rows * k);
            unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA { acc[p.value][t.value] = A::fma(weights, A::set1(x[t.value * D + k]), acc[p.value][t.value]); });
        });
    unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA {
        const std::size_t row = (panel + p.value) * panel_rows;
        unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA {
            float* out = y + t.value * y_stride + row;
            if (row + panel_rows <= w.N)
                A::store(out, acc[p.value][t.value]);
            else
                A::store_n(out, acc[p.value][t.value], w.N - row);
        });
    });
}

/// Cut as matmul_codes is.
template <class A, class W>
void matmul_floats(const panels& w, std::size_t panel_begin, std::size_t panel_end, const float* x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    constexpr int     full = A::tokens(1), together = A::panels(1, false);
    const std::size_t D = w.D;
    for (std::size_t group = panel_begin; group < panel_end; group += together) {
        const std::size_t group_end = group + together < panel_end ? group + together : panel_end, tiled = T / full * full;
        for (std::size_t p = group; p < group_end; ++p)
            for (std::size_t t = 0; t < tiled; t += full) matmul_float_tile<A, W, full, 1>(w, p, x + t * D, y + t * y_stride, y_stride);
        for (std::size_t t = tiled; t < T; ++t) {
            std::size_t p = group;
            for (; p + together <= group_end; p += together) matmul_float_tile<A, W, 1, together>(w, p, x + t * D, y + t * y_stride, y_stride);
            if constexpr (together > 1)
                for (; p < group_end; ++p) matmul_float_tile<A, W, 1, 1>(w, p, x + t * D, y + t * y_stride, y_stride);
        }
    }
}

}  // namespace plume::kernels::cpu
