#pragma once

#include "inlined.hpp"

namespace plume::kernels::cpu {

/// exp of 16 lanes, within 1 ulp over the whole range, subnormal results included; NaN stays NaN. The same bits on every target, no libm.
/// x = n·ln 2 + r with |r| <= ln 2 / 2, exp(r) = 1 + (r + r²·q(r)), q the minimax polynomial for the relative error (2^-34),
/// then times 2^n in two steps, so that only the last one rounds where the result is subnormal or infinite.
template <class A, bool Negative = false>
PLUME_INLINE typename A::f32 exp(typename A::f32 x) noexcept {
    const auto c     = [](float v) PLUME_INLINE_LAMBDA { return A::set1(v); };
    const auto shift = c(0x1.8p23f);           // x + shift has x's nearest integer in its low bits
    x                = A::max(c(-104.0f), x);  // beyond: 0, and infinity above 89; both hand on a NaN in x
    if constexpr (!Negative) x = A::min(c(89.0f), x);

    const auto shifted = A::fma(x, c(0x1.715476p+0f), shift);
    const auto n       = A::sub(shifted, shift);
    auto       r       = A::fnma(n, c(0x1.62e4p-1f), x);  // exact: ln 2 to 15 bits
    r                  = A::fnma(n, c(0x1.7f7d1cp-20f), r);

    auto q       = A::fma(c(0x1.9f085cp-13f), r, c(0x1.6d8d52p-10f));
    q            = A::fma(q, r, c(0x1.111272p-7f));
    q            = A::fma(q, r, c(0x1.55548ep-5f));
    q            = A::fma(q, r, c(0x1.555554p-3f));
    q            = A::fma(q, r, c(0.5f));
    const auto p = A::add(c(1.0f), A::fma(A::mul(r, r), q, r));

    if constexpr (requires { A::times_power_of_2(p, n); }) {
        return A::times_power_of_2(p, n);
    } else {
        const auto n_bits  = A::isub(A::as_i32(shifted), A::as_i32(shift));
        const auto half_n  = A::template shift_right<1>(n_bits);
        const auto power_2 = [](typename A::i32 e) PLUME_INLINE_LAMBDA { return A::as_f32(A::template shift_left<23>(A::iadd(e, A::iset1(127)))); };
        return A::mul(A::mul(p, power_2(half_n)), power_2(A::isub(n_bits, half_n)));
    }
}

/// The same for arguments that are not above 0.
template <class A>
PLUME_INLINE typename A::f32 exp_of_negative(typename A::f32 x) noexcept {
    return exp<A, true>(x);
}

}  // namespace plume::kernels::cpu
