#pragma once

#include <kernels/table.hpp>

#include "inlined.hpp"

namespace plume::kernels::cpu {

/// 32 floats into one or two int8 planes (see `quantised`); ARCHITECTURE, the numbers contract, rule 2.
/// A block with an infinity or a NaN gets scale NaN, so that every output it touches is NaN and the caller sees it.
template <class A, bool TwoPlanes>
PLUME_INLINE void quantise_block(const float* x, std::int8_t* hi, std::int8_t* lo, float& s, std::int32_t* sums, float& S) noexcept {
    constexpr float        qmax    = TwoPlanes ? 16319.0f : 127.0f;
    constexpr std::int32_t imax    = TwoPlanes ? 16319 : 127;
    const typename A::f32  part[2] = {A::load(x), A::load(x + 16)};
    const float            amax    = A::reduce_max(A::max(A::abs(part[0]), A::abs(part[1])));
    const bool             finite  = A::all_finite(part[0]) && A::all_finite(part[1]);
    float                  inverse = finite && amax > 0 ? qmax / amax : 0.0f;
    s                              = finite ? amax / qmax : __builtin_nanf("");
    if (!(inverse <= 3.402823466e38f)) inverse = s = 0;  // amax so small that its inverse overflows
    for (int h = 0; h < 2; ++h) {
        const auto shift = A::set1(0x1.8p23f);  // adding it rounds to an integer, half to even
        const auto value = finite ? part[h] : A::set1(0);
        auto       q     = A::isub(A::as_i32(A::add(A::mul(value, A::set1(inverse)), shift)), A::as_i32(shift));
        q                = A::imax(A::imin(q, A::iset1(imax)), A::iset1(-imax));
        sums[h]          = A::reduce_iadd(q);
        if constexpr (TwoPlanes) {
            const auto upper = A::template shift_right<7>(A::iadd(q, A::iset1(64)));
            A::store_i8(hi + 16 * h, upper);
            A::store_i8(lo + 16 * h, A::isub(q, A::template shift_left<7>(upper)));
        } else {
            A::store_i8(hi + 16 * h, q);
        }
    }
    S = s * static_cast<float>(sums[0] + sums[1]);
}

template <class A>
void quantise(const float* x, std::size_t x_stride, std::size_t t_begin, std::size_t t_end, const quantised& out) noexcept {
    const std::size_t D = out.D;
    for (std::size_t t = t_begin; t < t_end; ++t)
        for (std::size_t b = 0; b < D / 32; ++b) {
            const float*      from = x + t * x_stride + 32 * b;
            const std::size_t at = t * D + 32 * b, block = t * (D / 32) + b;
            std::int32_t*     sums = out.sums + t * (D / 16) + 2 * b;
            if (out.lo)
                quantise_block<A, true>(from, out.hi + at, out.lo + at, out.s[block], sums, out.S[block]);
            else
                quantise_block<A, false>(from, out.hi + at, nullptr, out.s[block], sums, out.S[block]);
        }
}

}  // namespace plume::kernels::cpu
