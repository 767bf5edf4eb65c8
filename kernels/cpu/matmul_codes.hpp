#pragma once

#include <kernels/table.hpp>

#include "codes.hpp"

namespace plume::kernels::cpu {

using quant::min_layout;
using quant::scale_layout;

/// One block of 32 weights of 16 rows: what all tokens of a tile share.
template <class A, quant::code_layout C>
struct block_scales {
    static constexpr bool sub_16     = C.scale == scale_layout::per_256_sub_16;
    static constexpr bool sub_32     = C.scale == scale_layout::per_256_sub_32;
    static constexpr bool has_min    = C.min != min_layout::none;
    static constexpr bool min_sub_16 = C.min == min_layout::per_256_sub_16;
    static constexpr int  parts      = sub_16 ? 2 : 1;  // integer sums that are joined with sub-scales

    typename A::f32 d;       // d, or d·sub where sub is for 32
    typename A::f32 dmin;    // dmin, or dmin·min where min is for 32
    typename A::i32 sub[2];  // where sub is for 16
    typename A::i32 min[2];  // where min is for 16

    PLUME_INLINE static block_scales read(const panel_streams<A>& p, std::size_t b) noexcept {
        constexpr panel_shape shape = shape_of(C, 0);
        const std::byte*      scale = p.scales + shape.scale_bytes * b;
        const std::byte*      min   = p.mins + shape.min_bytes * b;
        const std::byte*      super = p.supers + shape.super_bytes * (b / 8);
        block_scales          s;
        if constexpr (C.scale == scale_layout::per_32_f16)
            s.d = A::load_f16(scale);
        else if constexpr (C.scale == scale_layout::per_32_f32)
            s.d = A::load(reinterpret_cast<const float*>(scale));
        else
            s.d = A::load(reinterpret_cast<const float*>(super));
        if constexpr (sub_32) s.d = A::mul(s.d, A::to_f32(A::load_i8(scale)));
        if constexpr (sub_16) s.sub[0] = A::load_i8(scale), s.sub[1] = A::load_i8(scale + 16);
        if constexpr (C.min == min_layout::per_32_f16)
            s.dmin = A::load_f16(min);
        else if constexpr (has_min)
            s.dmin = A::load(reinterpret_cast<const float*>(super) + 16);
        if constexpr (C.min == min_layout::per_256_sub_32) s.dmin = A::mul(s.dmin, A::to_f32(A::load_u8(min)));
        if constexpr (min_sub_16) s.min[0] = A::load_u8(min), s.min[1] = A::load_u8(min + 16);
        return s;
    }
};

/// Adds one block to the chain of one token and 16 rows. Each product is rounded, in this order (the numbers contract, rule 3).
template <class A, quant::code_layout C>
PLUME_INLINE typename A::f32 chain_step(const block_scales<A, C>& w, typename A::i32 isum, float s, float S, const std::int32_t* sums,
                                        typename A::f32 acc) noexcept {
    acc = A::fma(A::mul(w.d, A::set1(s)), A::to_f32(isum), acc);
    if constexpr (block_scales<A, C>::min_sub_16) {
        const auto mins = A::iadd(A::imul(w.min[0], A::iset1(sums[0])), A::imul(w.min[1], A::iset1(sums[1])));
        acc             = A::fnma(A::mul(w.dmin, A::set1(s)), A::to_f32(mins), acc);
    } else if constexpr (block_scales<A, C>::has_min) {
        acc = A::fnma(w.dmin, A::set1(S), acc);
    }
    return acc;
}

/// y[t, r] = Σ over blocks of 32 of scale(r, b)·s(t, b)·isum, for P panels of 16 rows and M tokens.
/// A lane is a row, so no sum crosses lanes and the order of additions is the same on every target and for every M and P.
/// A line of codes is unpacked once and meets the M tokens' activations, each four bytes broadcast from memory.
/// Planes is 1 or 2 (int8 activations, or two planes joined in integers before the one conversion). Sums wrap modulo 2^32; only their end must fit.
template <class A, quant::code_layout C, int Planes, int M, int P>
void matmul_tile(const panels& w, std::size_t panel, typename A::line table, std::int32_t bias, const quantised& x, std::size_t t0, float* y,
                 std::size_t y_stride) noexcept {
    using f32                         = typename A::f32;
    using i32                         = typename A::i32;
    using scales                      = block_scales<A, C>;
    constexpr std::size_t codes_bytes = C.bits * std::size_t{64};
    const std::size_t     D = x.D, blocks = D / block_elems;
    panel_streams<A>      streams[P];
    unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { streams[p.value] = streams_of<A, C>(w, panel + static_cast<std::size_t>(p.value)); });

    f32 acc[P][M];
    unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA { unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA { acc[p.value][t.value] = A::set1(0); }); });
    const std::int8_t *hi = x.hi + t0 * D, *lo = Planes == 2 ? x.lo + t0 * D : nullptr;

    for (std::size_t b = 0; b < blocks; ++b) {
        unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA {
            const auto       w_scales = scales::read(streams[p.value], b);
            const std::byte* codes    = streams[p.value].codes + codes_bytes * b;
            i32              isum[M];
            unrolled<scales::parts>([&](auto part) PLUME_INLINE_LAMBDA {
                constexpr int groups = 8 / scales::parts;
                i32           sum[Planes][M];
                unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA {
                    const std::int32_t* sums = x.sums + (t0 + t.value) * (D / 16) + 2 * b;
                    const std::int32_t  of_x = scales::parts == 2 ? sums[part.value] : sums[0] + sums[1];
                    sum[Planes - 1][t.value] = A::iset1(-bias * of_x);
                    if constexpr (Planes == 2) sum[0][t.value] = A::iset1(0);
                });
                unrolled<groups>([&](auto g) PLUME_INLINE_LAMBDA {
                    constexpr int group   = decltype(part)::value * groups + decltype(g)::value;
                    const auto    weights = group_operand<A, C, group>(codes, table);
                    unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA {
                        const std::size_t at = t.value * D + 32 * b + 4 * group;
                        sum[0][t.value]      = A::template dot<signed_operand<A, C>>(sum[0][t.value], weights, hi + at);
                        if constexpr (Planes == 2) sum[1][t.value] = A::template dot<signed_operand<A, C>>(sum[1][t.value], weights, lo + at);
                    });
                });
                unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA {
                    i32 joined = sum[0][t.value];
                    if constexpr (Planes == 2) joined = A::iadd(A::template shift_left<7>(joined), sum[1][t.value]);
                    if constexpr (scales::parts == 2) joined = A::imul(joined, w_scales.sub[part.value]);
                    if constexpr (decltype(part)::value == 0)
                        isum[t.value] = joined;
                    else
                        isum[t.value] = A::iadd(isum[t.value], joined);
                });
            });
            unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA {
                const std::size_t at  = (t0 + t.value) * blocks + b;
                acc[p.value][t.value] = chain_step<A, C>(w_scales, isum[t.value], x.s[at], x.S[at], x.sums + 2 * at, acc[p.value][t.value]);
            });
        });
    }
    unrolled<P>([&](auto p) PLUME_INLINE_LAMBDA {
        const std::size_t row = (panel + p.value) * panel_rows;
        unrolled<M>([&](auto t) PLUME_INLINE_LAMBDA {
            float* out = y + (t0 + t.value) * y_stride + row;
            if (row + panel_rows <= w.N)
                A::store(out, acc[p.value][t.value]);
            else
                A::store_n(out, acc[p.value][t.value], w.N - row);
        });
    });
}

/// T tokens are cut in full tiles and powers of two, panels in groups that are in flight together where tokens are few.
/// No cut changes a bit: a chain belongs to one token and one row.
template <class A, quant::code_layout C, int Planes>
void matmul_codes(const panels& w, std::size_t panel_begin, std::size_t panel_end, const quantised& x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    constexpr int      full  = A::tokens(Planes);
    const auto         table = A::table(w.table);
    const std::int32_t bias  = A::bias(C.bits, C.has_table, w.offset);
    for (std::size_t group = panel_begin; group < panel_end; group += A::panels) {
        const std::size_t group_end = group + A::panels < panel_end ? group + A::panels : panel_end, tiled = T / full * full;
        for (std::size_t p = group; p < group_end; ++p)
            for (std::size_t t = 0; t < tiled; t += full) matmul_tile<A, C, Planes, full, 1>(w, p, table, bias, x, t, y, y_stride);
        const auto rest = [&]<int M>(index<M>, std::size_t t) PLUME_INLINE_LAMBDA {
            constexpr int P = A::panels / M > 1 ? A::panels / M : 1;
            std::size_t   p = group;
            for (; p + P <= group_end; p += P) matmul_tile<A, C, Planes, M, P>(w, p, table, bias, x, t, y, y_stride);
            if constexpr (P > 1)
                for (; p < group_end; ++p) matmul_tile<A, C, Planes, M, 1>(w, p, table, bias, x, t, y, y_stride);
        };
        std::size_t t = tiled;
        if constexpr (full > 4)
            if (T - t >= 4) rest(index<4>{}, t), t += 4;
        if constexpr (full > 2)
            if (T - t >= 2) rest(index<2>{}, t), t += 2;
        if constexpr (full > 1)
            if (t < T) rest(index<1>{}, t);
    }
}

}  // namespace plume::kernels::cpu
