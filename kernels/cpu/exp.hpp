#pragma once

#include "inlined.hpp"

namespace plume::kernels::cpu {

/// exp(x) = 2^n · (1 + rest) for |x| <= 104: x = n·ln 2 + r with |r| <= ln 2 / 2, rest = r + r²·q(r), q the minimax polynomial for the relative
/// error (2^-34). n is at hand as a float and as an integer.
template <class A>
struct reduced_exp {
    typename A::f32 rest, n;
    typename A::i32 n_bits;

    PLUME_INLINE explicit reduced_exp(typename A::f32 x) noexcept {
        const auto c       = [](float v) PLUME_INLINE_LAMBDA { return A::set1(v); };
        const auto shift   = c(0x1.8p23f);  // x + shift has x's nearest integer in its low bits
        const auto shifted = A::fma(x, c(0x1.715476p+0f), shift);
        n                  = A::sub(shifted, shift);
        n_bits             = A::isub(A::as_i32(shifted), A::as_i32(shift));
        auto r             = A::fnma(n, c(0x1.62e4p-1f), x);  // exact: ln 2 to 15 bits
        r                  = A::fnma(n, c(0x1.7f7d1cp-20f), r);

        auto q = A::fma(c(0x1.9f085cp-13f), r, c(0x1.6d8d52p-10f));
        q      = A::fma(q, r, c(0x1.111272p-7f));
        q      = A::fma(q, r, c(0x1.55548ep-5f));
        q      = A::fma(q, r, c(0x1.555554p-3f));
        q      = A::fma(q, r, c(0.5f));
        rest   = A::fma(A::mul(r, r), q, r);
    }
};

/// 2^e for -126 <= e <= 127.
template <class A>
PLUME_INLINE typename A::f32 power_of_2(typename A::i32 e) noexcept {
    return A::as_f32(A::template shift_left<23>(A::iadd(e, A::iset1(127))));
}

/// exp of 16 lanes, within 1 ulp over the whole range, subnormal results included; NaN stays NaN. The same bits on every target, no libm.
/// The factor 2^n is applied in two steps, so that only the last one rounds where the result is subnormal or infinite.
template <class A, bool Negative = false>
PLUME_INLINE typename A::f32 exp(typename A::f32 x) noexcept {
    x = A::max(A::set1(-104.0f), x);  // beyond: 0, and infinity above 89; both hand on a NaN in x
    if constexpr (!Negative) x = A::min(A::set1(89.0f), x);
    const reduced_exp<A> e(x);
    const auto           p = A::add(A::set1(1), e.rest);
    if constexpr (requires { A::times_power_of_2(p, e.n); }) {
        return A::times_power_of_2(p, e.n);
    } else {
        const auto half_n = A::template shift_right<1>(e.n_bits);
        return A::mul(A::mul(p, power_of_2<A>(half_n)), power_of_2<A>(A::isub(e.n_bits, half_n)));
    }
}

/// The same for arguments that are not above 0.
template <class A>
PLUME_INLINE typename A::f32 exp_of_negative(typename A::f32 x) noexcept {
    return exp<A, true>(x);
}

/// tanh of 16 lanes, within 3 ulp; NaN stays NaN. With m = exp(2x) - 1, which loses nothing near 0, it is m/(m + 2). Beyond ±10 it is ±1.
template <class A>
PLUME_INLINE typename A::f32 tanh(typename A::f32 x) noexcept {
    const auto           two = A::set1(2);
    const reduced_exp<A> e(A::min(A::set1(20.0f), A::max(A::set1(-20.0f), A::add(x, x))));
    const auto           power = power_of_2<A>(e.n_bits);
    const auto           m     = A::fma(power, e.rest, A::sub(power, A::set1(1)));
    return A::div(m, A::add(m, two));
}

/// The normal distribution's tail beyond x >= 0, erfc(x/sqrt(2))/2, of 16 lanes, within 5 ulp where it is not subnormal; NaN stays NaN.
/// exp(-x²/2) · t · R(t) with t = 1/(1 + x/sqrt(8)), as in "Numerical Recipes" (Press et al. 2007, section 6.2.2); R of degree 8, fitted to the relative
/// error over 0 <= x <= 14 (2^-24.5). x² is split, so that its rounding does not grow with x.
template <class A>
PLUME_INLINE typename A::f32 normal_tail(typename A::f32 x) noexcept {
    const auto c    = [](float v) PLUME_INLINE_LAMBDA { return A::set1(v); };
    x               = A::min(c(20.0f), x);  // beyond: 0
    const auto t    = A::div(c(1), A::fma(c(0x1.6a09e6p-2f), x, c(1)));
    auto       q    = A::fma(c(-0x1.e3e52p-6f), t, c(0x1.2367fp-3f));
    q               = A::fma(q, t, c(-0x1.f2e528p-3f));
    q               = A::fma(q, t, c(0x1.1cbe54p-3f));
    q               = A::fma(q, t, c(-0x1.b44358p-7f));
    q               = A::fma(q, t, c(0x1.9f1aa8p-4f));
    q               = A::fma(q, t, c(0x1.f1e04ep-4f));
    q               = A::fma(q, t, c(0x1.2127p-3f));
    q               = A::fma(q, t, c(0x1.20db42p-3f));
    const auto half = A::mul(c(0.5f), x), square = A::mul(half, x), rest = A::fnma(half, x, square);  // x²/2 = square - rest, exact
    const auto bell = exp_of_negative<A>(A::sub(c(0), square));
    return A::mul(A::mul(q, t), A::fma(bell, rest, bell));
}

}  // namespace plume::kernels::cpu
