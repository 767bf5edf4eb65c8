#pragma once

#include <cstddef>
#include <cstdint>

#include <kernels/cpu/lanes_avx512.hpp>
#include <kernels/fast.hpp>

// Dot products of bf16 pairs by vdpbf16ps (AVX512-BF16): rounding to nearest even, subnormals taken for zero.

namespace plume::kernels {
namespace {

constexpr std::size_t slab_k = 512;  // activations rounded at a time

/// Tokens [0, n) of x, columns [k, k + n_k), into rows of slab_k bf16; columns up to a multiple of 32 become zeros.
void round_rows(const float* x, std::size_t D, std::size_t n, std::size_t n_k, std::uint16_t* out) noexcept {
    for (std::size_t t = 0; t < n; ++t)
        for (std::size_t k = 0; k < n_k; k += pairs_step) {
            const std::size_t rest = n_k - k;
            const float*      from = x + t * D + k;
            const auto        low = lanes_avx512::load_n(from, rest), high = lanes_avx512::load_n(rest > 16 ? from + 16 : from, rest > 16 ? rest - 16 : 0);
            const __m512bh    both = _mm512_cvtne2ps_pbh(high.v, low.v);
            __builtin_memcpy(out + t * slab_k + k, &both, sizeof both);
        }
}

/// P panels × M tokens over n_k columns (a multiple of 32), added to what is in y where `goes_on`.
template <int P, int M>
[[gnu::noinline]] void pairs_tile(const std::byte* w, std::size_t panel_bytes, const std::uint16_t* x, std::size_t n_k, float* y, std::size_t y_stride,
                                  std::size_t rows, bool goes_on) noexcept {
    using cpu::unrolled;
    const auto each = [](auto f)
                          PLUME_INLINE_LAMBDA { unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { unrolled<M>([&](int t) PLUME_INLINE_LAMBDA { f(p, t); }); }); };
    const auto at      = [&](int p, int t) PLUME_INLINE_LAMBDA { return y + t * y_stride + p * panel_rows; };
    const auto rows_of = [&](int p) PLUME_INLINE_LAMBDA { return rows - p * panel_rows; };
    __m512     acc[P][M];
    each([&](int p, int t) PLUME_INLINE_LAMBDA { acc[p][t] = goes_on ? lanes_avx512::load_n(at(p, t), rows_of(p)).v : _mm512_setzero_ps(); });
    for (std::size_t pair = 0; pair < n_k / 2; ++pair) {
        __m512i weights[P];
        unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { weights[p] = _mm512_loadu_si512(w + p * panel_bytes + 64 * pair); });
        unrolled<M>([&](int t) PLUME_INLINE_LAMBDA {
            int two;
            __builtin_memcpy(&two, x + t * slab_k + 2 * pair, sizeof two);
            const __m512i activations = _mm512_set1_epi32(two);
            unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { acc[p][t] = _mm512_dpbf16_ps(acc[p][t], (__m512bh)weights[p], (__m512bh)activations); });
        });
    }
    each([&](int p, int t) PLUME_INLINE_LAMBDA { lanes_avx512::store_n(at(p, t), {acc[p][t]}, rows_of(p)); });
}

/// Panels [begin, end) for M tokens.
template <int M>
void pairs_panels(const panels& w, std::size_t begin, std::size_t end, std::size_t k, const std::uint16_t* x, std::size_t n_k, float* y,
                  std::size_t y_stride) noexcept {
    const auto tile = [&]<int P>(cpu::index<P>, std::size_t p) PLUME_INLINE_LAMBDA {
        pairs_tile<P, M>(w.data + p * w.panel_bytes + k * panel_rows * 2, w.panel_bytes, x, n_k, y + p * panel_rows, y_stride, w.N - p * panel_rows, k != 0);
    };
    std::size_t p = begin;
    for (; p + 4 <= end; p += 4) tile(cpu::index<4>{}, p);
    for (; p < end; ++p) tile(cpu::index<1>{}, p);
}

void matmul_bf16_pairs(const panels& w, std::size_t panel_begin, std::size_t panel_end, const float* x, std::size_t T, float* y,
                       std::size_t y_stride) noexcept {
    constexpr int             most = 6;
    alignas(64) std::uint16_t rounded[most * slab_k];
    // Few tokens: memory sets the pace, and likes four streams read to their ends. More: every rounded slab meets all panels.
    const std::size_t together = T <= most ? 4 : panel_end - panel_begin;
    for (std::size_t begin = panel_begin; begin < panel_end; begin += together) {
        const std::size_t end = panel_end - begin < together ? panel_end : begin + together;
        for (std::size_t k = 0; k < w.D; k += slab_k) {
            const std::size_t n_k = w.D - k < slab_k ? w.D - k : slab_k, padded = (n_k + pairs_step - 1) / pairs_step * pairs_step;
            for (std::size_t t = 0; t < T; t += most) {
                const std::size_t tokens = T - t < most ? T - t : most;
                round_rows(x + t * w.D + k, w.D, tokens, n_k, rounded);
                cpu::unrolled<most>([&](auto i) PLUME_INLINE_LAMBDA {
                    if (tokens == i.value + 1) pairs_panels<i.value + 1>(w, begin, end, k, rounded, padded, y + t * y_stride, y_stride);
                });
            }
        }
    }
}

}  // namespace
}  // namespace plume::kernels
