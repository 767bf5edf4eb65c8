#pragma once

#include <cstddef>

#include "exp.hpp"

// Kernels over one row of floats. Sums run over 16 virtual lanes (element i in lane i mod 16) and end in one fixed tree.

namespace plume::kernels::cpu {

/// Calls f(index, n) for every 16 elements, n = 16, and once for the rest, n < 16.
template <class F>
PLUME_INLINE void in_sixteens(std::size_t n, F&& f) noexcept {
    std::size_t i = 0;
    for (; i + 16 <= n; i += 16) f(i, index<16>{});
    if (i < n) f(i, n - i);
}
template <class A, int N>
PLUME_INLINE typename A::f32 load_some(const float* p, index<N>) noexcept {
    return A::load(p);
}
template <class A>
PLUME_INLINE typename A::f32 load_some(const float* p, std::size_t n) noexcept {
    return A::load_n(p, n);
}
template <class A, int N>
PLUME_INLINE void store_some(float* p, typename A::f32 x, index<N>) noexcept {
    A::store(p, x);
}
template <class A>
PLUME_INLINE void store_some(float* p, typename A::f32 x, std::size_t n) noexcept {
    A::store_n(p, x, n);
}

template <class A>
void rms_norm(const float* x, const float* w, float eps, float* y, std::size_t D) noexcept {
    auto squares = A::set1(0);
    in_sixteens(D, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA {
        const auto v = load_some<A>(x + i, n);
        squares      = A::fma(v, v, squares);
    });
    const auto mean  = A::div(A::set1(A::reduce_add(squares)), A::set1(static_cast<float>(D)));
    const auto scale = A::div(A::set1(1), A::sqrt(A::add(mean, A::set1(eps))));
    in_sixteens(
        D, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA { store_some<A>(y + i, A::mul(A::mul(load_some<A>(x + i, n), scale), load_some<A>(w + i, n)), n); });
}

/// Lanes beyond n are 0.
template <class A, int N>
PLUME_INLINE typename A::f32 only_some(typename A::f32 x, index<N>) noexcept {
    return x;
}
template <class A>
PLUME_INLINE typename A::f32 only_some(typename A::f32 x, std::size_t n) noexcept {
    return A::keep_first(x, n, 0);
}

template <class A>
void layer_norm(const float* x, const float* w, const float* b, float eps, float* y, std::size_t D) noexcept {
    auto sum = A::set1(0), squares = A::set1(0);
    in_sixteens(D, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA { sum = A::add(sum, load_some<A>(x + i, n)); });
    const auto width = A::set1(static_cast<float>(D)), mean = A::div(A::set1(A::reduce_add(sum)), width);
    in_sixteens(D, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA {
        const auto v = only_some<A>(A::sub(load_some<A>(x + i, n), mean), n);
        squares      = A::fma(v, v, squares);
    });
    const auto scale = A::div(A::set1(1), A::sqrt(A::add(A::div(A::set1(A::reduce_add(squares)), width), A::set1(eps))));
    in_sixteens(D, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA {
        const auto v = A::mul(A::sub(load_some<A>(x + i, n), mean), scale), factor = load_some<A>(w + i, n);
        store_some<A>(y + i, b == nullptr ? A::mul(v, factor) : A::fma(v, factor, load_some<A>(b + i, n)), n);
    });
}

/// (a, b) becomes (a·c - b·s, b·c + a·s): the second product is rounded, then joined by an fma.
template <class A>
void rope_half_split(float* x, std::size_t n_heads, std::size_t E, const float* cosine, const float* sine, std::size_t rotated) noexcept {
    for (std::size_t head = 0; head < n_heads; ++head, x += E)
        in_sixteens(rotated / 2, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA {
            float *    first = x + i, *second = x + rotated / 2 + i;
            const auto a = load_some<A>(first, n), b = load_some<A>(second, n), c = load_some<A>(cosine + i, n), s = load_some<A>(sine + i, n);
            store_some<A>(first, A::fma(a, c, A::sub(A::set1(0), A::mul(b, s))), n);
            store_some<A>(second, A::fma(b, c, A::mul(a, s)), n);
        });
}

/// The same for pairs (2i, 2i + 1).
template <class A>
void rope_interleaved(float* x, std::size_t n_heads, std::size_t E, const float* cosine, const float* sine, std::size_t rotated) noexcept {
    const auto rotate = [](typename A::f32 v, typename A::f32 c, typename A::f32 s)
                            PLUME_INLINE_LAMBDA { return A::fma(v, c, A::negate_even(A::mul(A::swap_pairs(v), s))); };
    for (std::size_t head = 0; head < n_heads; ++head, x += E) {
        std::size_t i = 0;
        for (; i + 16 <= rotated; i += 16) A::store(x + i, rotate(A::load(x + i), A::load_pairs(cosine + i / 2), A::load_pairs(sine + i / 2)));
        if (i < rotated) {
            float c[8] = {}, s[8] = {};
            for (std::size_t j = 0; j < (rotated - i) / 2; ++j) c[j] = cosine[i / 2 + j], s[j] = sine[i / 2 + j];
            A::store_n(x + i, rotate(A::load_n(x + i, rotated - i), A::load_pairs(c), A::load_pairs(s)), rotated - i);
        }
    }
}

template <class A>
void add(const float* x, float* y, std::size_t n_elems) noexcept {
    in_sixteens(n_elems, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA { store_some<A>(y + i, A::add(load_some<A>(y + i, n), load_some<A>(x + i, n)), n); });
}

template <class A>
void add_scaled(const float* x, float factor, float* y, std::size_t n_elems) noexcept {
    in_sixteens(n_elems, [&](std::size_t i, auto n)
                             PLUME_INLINE_LAMBDA { store_some<A>(y + i, A::fma(load_some<A>(x + i, n), A::set1(factor), load_some<A>(y + i, n)), n); });
}

template <class A>
void scale(float factor, float* x, std::size_t n_elems) noexcept {
    in_sixteens(n_elems, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA { store_some<A>(x + i, A::mul(load_some<A>(x + i, n), A::set1(factor)), n); });
}

template <class A>
PLUME_INLINE typename A::f32 soft_capped(typename A::f32 x, typename A::f32 cap) noexcept {
    return A::mul(cap, tanh<A>(A::div(x, cap)));
}

template <class A>
void soft_cap(float cap, float* x, std::size_t n_elems) noexcept {
    in_sixteens(n_elems, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA { store_some<A>(x + i, soft_capped<A>(load_some<A>(x + i, n), A::set1(cap)), n); });
}

template <class A>
bool all_finite(const float* x, std::size_t n_elems) noexcept {
    bool finite = true;
    in_sixteens(n_elems, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA { finite &= A::all_finite(load_some<A>(x + i, n)); });
    return finite;
}

template <class A>
float exp_and_sum(float* x, float m, std::size_t n_elems) noexcept {
    auto        sum = A::set1(0);
    std::size_t i   = 0;
    for (; i + 16 <= n_elems; i += 16) {
        const auto e = exp<A>(A::sub(A::load(x + i), A::set1(m)));
        A::store(x + i, e);
        sum = A::add(sum, e);
    }
    if (i < n_elems) {
        const auto e = A::keep_first(exp<A>(A::sub(A::load_n(x + i, n_elems - i), A::set1(m))), n_elems - i, 0);
        A::store_n(x + i, e, n_elems - i);
        sum = A::add(sum, e);
    }
    return A::reduce_add(sum);
}

}  // namespace plume::kernels::cpu
