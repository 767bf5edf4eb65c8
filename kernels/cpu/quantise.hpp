#pragma once

#include <kernels/table.hpp>

#include "token_tiles.hpp"

namespace plume::kernels::cpu {

/// 32 floats in 8 bits, or in 15 as two int8 planes or as words (see `quantised`); ARCHITECTURE, the numbers contract, rule 2.
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
        if constexpr (TwoPlanes && A::words) {
            A::store_words(hi + 16 * h, lo + 16 * h, q);
        } else if constexpr (TwoPlanes) {
            const auto upper = A::template shift_right<7>(A::iadd(q, A::iset1(64)));
            A::store_i8(hi + 16 * h, upper);
            A::store_i8(lo + 16 * h, A::isub(q, A::template shift_left<7>(upper)));
        } else {
            A::store_i8(hi + 16 * h, q);
        }
    }
    S = s * static_cast<float>(sums[0] + sums[1]);
}

/// See target_table::place.
template <class A, int Planes>
PLUME_INLINE quantised_place place_in_tiles(std::size_t T, std::size_t D, std::size_t t, std::size_t k) noexcept {
    const auto        tile = token_tiles<A, Planes>::of(T, t);
    const std::size_t at   = t - tile.begin;
    return {.four  = tile.begin * D + k * tile.tokens + 4 * at,
            .block = tile.begin * (D / 32) + k / 32 * tile.tokens + at,
            .half  = tile.begin * (D / 16) + k / 16 * tile.tokens + at};
}
template <class A, class A16 = A>
quantised_place place(std::size_t T, std::size_t D, bool two_planes, std::size_t t, std::size_t k) noexcept {
    return two_planes ? place_in_tiles<A16, 2>(T, D, t, k) : place_in_tiles<A, 1>(T, D, t, k);
}

template <class A, int Planes>
void quantise_row(const float* row, std::size_t t, std::size_t T, std::size_t b_begin, std::size_t b_end, const quantised& out) noexcept {
    const auto        first  = place_in_tiles<A, Planes>(T, out.D, t, 0);
    const std::size_t tokens = token_tiles<A, Planes>::of(T, t).tokens;
    const auto        spread = [&](const std::int8_t* block, std::int8_t* to) PLUME_INLINE_LAMBDA {
        for (std::size_t g = 0; g < 8; ++g) __builtin_memcpy(to + 4 * g * tokens, block + 4 * g, 4);
    };
    for (std::size_t b = b_begin; b < b_end; ++b) {
        const std::size_t       four = first.four + 32 * b * tokens, block = first.block + b * tokens, half = first.half + 2 * b * tokens;
        alignas(32) std::int8_t hi[32], lo[32];
        std::int32_t            sums[2];
        quantise_block<A, Planes == 2>(row + 32 * b, hi, lo, out.s[block], sums, out.S[block]);
        spread(hi, out.hi + four);
        if constexpr (Planes == 2) spread(lo, out.lo + four);
        out.sums[half]          = sums[0];
        out.sums[half + tokens] = sums[1];
    }
}

template <class A, class A16 = A>
void quantise(const float* row, std::size_t t, std::size_t T, std::size_t b_begin, std::size_t b_end, const quantised& out) noexcept {
    (out.lo ? quantise_row<A16, 2> : quantise_row<A, 1>)(row, t, T, b_begin, b_end, out);
}

}  // namespace plume::kernels::cpu
