#pragma once

#include <kernels/table.hpp>

#include "codes.hpp"
#include "token_tiles.hpp"

namespace plume::kernels::cpu {

using quant::min_layout;
using quant::scale_layout;

/// Sub-scales of 16 weights join two integer sums: isum = sub0·i0 + sub1·i1. With one plane, and codes of at most 6 bits around their offset, every step of
/// that is an integer below 2^24, which a float holds exactly: fma instead of the slow 32-bit multiplication, and the same bits.
/// (make_table.hpp checks each format: 2 · 16 · |value| · 127 · 128 < 2^24.)
template <quant::code_layout C, int Planes>
inline constexpr bool joins_in_f32 = C.scale == scale_layout::per_256_sub_16&& Planes == 1 && C.bits <= 6 && !C.has_table();

/// What a format's scales and minimums are for.
template <quant::code_layout C>
struct scales_of {
    static constexpr bool sub_16     = C.scale == scale_layout::per_256_sub_16;
    static constexpr bool sub_32     = C.scale == scale_layout::per_256_sub_32;
    static constexpr bool has_min    = C.min != min_layout::none;
    static constexpr bool min_sub_16 = C.min == min_layout::per_256_sub_16;
    static constexpr int  parts      = sub_16 ? 2 : 1;  // integer sums that are joined with sub-scales
};

/// One block of 32 weights of 16 rows: what all tokens of a tile share.
template <class A>
struct block_scales {
    typename A::f32 d;       // d, or d·sub where sub is for 32
    typename A::f32 dmin;    // dmin, or dmin·min where min is for 32
    typename A::i32 sub[2];  // where sub is for 16
    typename A::i32 min[2];  // where min is for 16
};
template <class A, quant::code_layout C>
PLUME_INLINE block_scales<A> read_scales(const panel_streams<A>& p, std::size_t b) noexcept {
    using is                    = scales_of<C>;
    constexpr panel_shape shape = shape_of(C, 0);
    const std::byte*      scale = p.scales + shape.scale_bytes * b;
    const std::byte*      min   = p.mins + shape.min_bytes * b;
    const std::byte*      super = p.supers + shape.super_bytes * (b / 8);
    block_scales<A>       s;
    if constexpr (C.scale == scale_layout::per_32_f16)
        s.d = A::load_f16(scale);
    else if constexpr (C.scale == scale_layout::per_32_f32)
        s.d = A::load(reinterpret_cast<const float*>(scale));
    else
        s.d = A::load(reinterpret_cast<const float*>(super));
    if constexpr (is::sub_32) s.d = A::mul(s.d, A::to_f32(A::load_i8(scale)));
    if constexpr (is::sub_16) s.sub[0] = A::load_i8(scale), s.sub[1] = A::load_i8(scale + 16);
    if constexpr (C.min == min_layout::per_32_f16)
        s.dmin = A::load_f16(min);
    else if constexpr (is::has_min)
        s.dmin = A::load(reinterpret_cast<const float*>(super) + 16);
    if constexpr (C.min == min_layout::per_256_sub_32) s.dmin = A::mul(s.dmin, A::to_f32(A::load_u8(min)));
    if constexpr (is::min_sub_16) s.min[0] = A::load_u8(min), s.min[1] = A::load_u8(min + 16);
    return s;
}

/// The format that stands for all that are alike once their codes are bytes and their scales are read: they share the tiles of many tokens.
consteval quant::code_layout once_unpacked(quant::code_layout c) {
    if (c.bits < 4) c.bits = 4;  // sums of bytes have the same room for 2 to 4 bits
    if (c.scale != scale_layout::per_256_sub_16) c.scale = scale_layout::per_32_f32;
    if (c.min != min_layout::none && c.min != min_layout::per_256_sub_16) c.min = min_layout::per_32_f16;
    return c;
}

/// a0·b0 + a1·b1 of integers, as a float: exactly, where Small says that every step is below 2^24.
template <class A, bool Small>
PLUME_INLINE typename A::f32 joined(const typename A::i32 (&a)[2], typename A::i32 b0, typename A::i32 b1) noexcept {
    if constexpr (Small)
        return A::fma(A::to_f32(a[1]), A::to_f32(b1), A::mul(A::to_f32(a[0]), A::to_f32(b0)));
    else
        return A::to_f32(A::iadd(A::imul(a[0], b0), A::imul(a[1], b1)));
}

/// Adds one block to the chain of one token and 16 rows: float(isum), already joined, with the token's scale s, S = s·sum and its two sums of 16.
/// Each product is rounded, in this order (the numbers contract, rule 3).
template <class A, quant::code_layout C, int Planes>
PLUME_INLINE typename A::f32 chain_step(const block_scales<A>& w, typename A::f32 isum, const float* s, const float* S, const std::int32_t* sum0,
                                        const std::int32_t* sum1, typename A::f32 acc) noexcept {
    acc = A::fma(A::mul(w.d, A::set1(*s)), isum, acc);
    if constexpr (scales_of<C>::min_sub_16) {
        const auto mins = joined<A, Planes == 1>(w.min, A::iset1(*sum0), A::iset1(*sum1));  // 255 · 16 · 127 · 2 is below 2^24
        acc             = A::fnma(A::mul(w.dmin, A::set1(*s)), mins, acc);
    } else if constexpr (scales_of<C>::has_min) {
        acc = A::fnma(w.dmin, A::set1(*S), acc);
    }
    return acc;
}

/// P panels of a matrix, the last of them again where there are fewer: the same numbers are then written more than once.
template <int P>
struct panel_run {
    std::size_t first, n = P;

    PLUME_INLINE std::size_t at(int p) const noexcept {
        return P == 1 || static_cast<std::size_t>(p) < n ? first + static_cast<std::size_t>(p) : first + n - 1;
    }
};

/// P panels as they lie in memory: codes become operands in registers. For few tokens, where memory is the limit.
template <class A, quant::code_layout C, int P>
struct packed_weights {
    panel_streams<A> streams[P];
    typename A::line table;
    std::size_t      blocks, next;  // next: bytes to the next P panels

    PLUME_INLINE packed_weights(const panels& w, const panel_run<P>& run) noexcept
        : table(A::table(w.table, C.table_reach)), blocks(w.D / block_elems), next(static_cast<std::size_t>(P) * w.panel_bytes) {
        unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { streams[p] = streams_of<A, C>(w, run.at(p)); });
    }
    PLUME_INLINE block_scales<A> scales(int p, std::size_t b) const noexcept { return read_scales<A, C>(streams[p], b); }
    /// Asks for what comes some blocks after block b: with all their streams, P panels are more than a core foresees by itself. Behind the last block come
    /// the next P panels' first codes, scales and minimums: with D = 640 a panel has no more than 20 blocks. (Two cores, Q4_K, one token: 23.7 GB/s without,
    /// 29.4 with, where plain reading gives 29. As unrolled instructions instead of a loop: 2 % slower on AVX2.)
    PLUME_INLINE void prefetch(std::size_t b) const noexcept {
        constexpr panel_shape shape = shape_of(C, 0);
        const auto            ask   = [&](const std::byte* stream, std::size_t block_bytes, std::size_t block, std::size_t size) PLUME_INLINE_LAMBDA {
            const std::byte* from = stream + block_bytes * block;
            if (block >= blocks) from += next - block_bytes * blocks;
            for (std::size_t line = 0; line < size; line += 64) __builtin_prefetch(from + line, 0, 3);
        };
        unrolled<P>([&](int p) PLUME_INLINE_LAMBDA {
            ask(streams[p].codes, C.bits * std::size_t{64}, b + 24 / C.bits, C.bits * std::size_t{64});
            ask(streams[p].scales, shape.scale_bytes, b + 8, 64);
            if constexpr (shape.min_bytes != 0) ask(streams[p].mins, shape.min_bytes, b + 8, 64);
            if constexpr (shape.super_bytes != 0) __builtin_prefetch(streams[p].supers + shape.super_bytes * (b / 8 + 1), 0, 3);
            if constexpr (shape.super_bytes > 64) __builtin_prefetch(streams[p].supers + shape.super_bytes * (b / 8 + 1) + 64, 0, 3);
        });
    }
    template <int G>
    PLUME_INLINE typename A::line group(int p, std::size_t b) const noexcept {
        return group_line<A, C, G>(streams[p].codes + C.bits * std::size_t{64} * b, table);
    }
};

/// Some blocks of P panels, unpacked once for many tokens: a byte a code, scales multiplied out. Small enough for the first cache.
template <class A, int P>
struct unpacked_weights {
    static constexpr std::size_t most_blocks = A::blocks_unpacked;
    alignas(64) std::uint8_t lines[P][most_blocks][8][64];
    block_scales<A> of_block[P][most_blocks];

    template <quant::code_layout C>
    PLUME_INLINE void fill(const packed_weights<A, C, P>& from, std::size_t begin, std::size_t end) noexcept {
        for (std::size_t b = begin; b < end; ++b)
            unrolled<P>([&](int p) PLUME_INLINE_LAMBDA {
                of_block[p][b - begin] = from.scales(p, b);
                unrolled<8>([&](auto g) PLUME_INLINE_LAMBDA { A::store_line(lines[p][b - begin][g.value], from.template group<g.value>(p, b)); });
            });
    }
    PLUME_INLINE const block_scales<A>& scales(int p, std::size_t b) const noexcept { return of_block[p][b]; }
    PLUME_INLINE void                   prefetch(std::size_t) const noexcept {}
    template <int G>
    PLUME_INLINE typename A::line group(int p, std::size_t b) const noexcept {
        return A::load_line(lines[p][b][G]);
    }
};

/// Where the integer sums of M tokens start: at what the codes' offset adds up to. Stored some blocks ahead of the broadcasts that read it, or they would wait.
template <class A, quant::code_layout C, int M>
struct sum_starts {
    static constexpr bool        biased = C.min == min_layout::none;  // formats with a minimum have no offset
    static constexpr std::size_t ahead = 4, parts = scales_of<C>::parts;
    const std::int32_t*          sums;    // of the tile's first block
    std::int32_t                 factor;  // -bias
    alignas(64) std::int32_t at[ahead][parts][16];

    PLUME_INLINE sum_starts(const std::int32_t* of_tile, std::int32_t by) noexcept : sums(of_tile), factor(by) {}  // `at` as it is: filling it took 4 %

    PLUME_INLINE void prepare(std::size_t b) noexcept {
        if constexpr (!biased) return;
        const std::int32_t *first = sums + 2 * b * M, *second = first + M;
        auto&               to = at[b % ahead];
        if constexpr (M <= 4) {  // masked vectors for so few took a sixth of AVX2's time
            for (int t = 0; t < M; ++t) to[0][t] = parts == 2 ? first[t] * factor : (first[t] + second[t]) * factor;
            if constexpr (parts == 2)
                for (int t = 0; t < M; ++t) to[1][t] = second[t] * factor;
        } else {
            const auto one = A::iload_n(first, M), two = A::iload_n(second, M), by = A::iset1(factor);
            A::istore(to[0], A::imul(parts == 2 ? one : A::iadd(one, two), by));
            if constexpr (parts == 2) A::istore(to[1], A::imul(two, by));
        }
    }
    PLUME_INLINE typename A::i32 get(std::size_t b, int part, int token) const noexcept { return A::iset1(biased ? at[b % ahead][part][token] : 0); }
};

/// y[t, r] (+)= Σ over blocks [b_begin, b_end) of scale(r, b)·s(t, b)·isum, for P panels of 16 rows and the M tokens of the tile that begins at t0.
/// A lane is a row, so no sum crosses lanes and the order of additions is the same on every target and for every M and P; a chain that is cut in pieces goes
/// on from y. A line of weights meets the M tokens' activations, each four bytes broadcast from memory.
/// Planes is 1 or 2 (int8 activations, or two planes joined in integers before the one conversion; where A has words, one sum takes both). Sums wrap modulo
/// 2^32; only their end must fit.
template <class A, quant::code_layout C, int Planes, int M, int P, class Weights>
void matmul_tile(const Weights& w, const panel_run<P>& run, std::int32_t bias, const quantised& x, std::size_t t0, std::size_t b_begin, std::size_t b_end,
                 float* y, std::size_t y_stride, std::size_t N) noexcept {
    using f32                 = typename A::f32;
    using i32                 = typename A::i32;
    constexpr int parts       = scales_of<C>::parts;
    constexpr int sums        = A::words ? 1 : Planes;
    using partial             = typename A::template partial<signed_operand<C>, largest_operand<C>, 8 / parts>;
    const std::size_t   first = t0 * (x.D / block_elems) + b_begin * M, n = b_end - b_begin;
    const std::int8_t * hi = x.hi + 32 * first, *lo = Planes == 2 ? x.lo + 32 * first : nullptr;
    const float *       s = x.s + first, *S = x.S + first;
    const std::int32_t* x_sums = x.sums + 2 * first;
    const auto          each   = [](auto&& f)
                          PLUME_INLINE_LAMBDA { unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { unrolled<M>([&](int t) PLUME_INLINE_LAMBDA { f(p, t); }); }); };
    const auto out     = [&](int p, int t) PLUME_INLINE_LAMBDA { return y + (t0 + static_cast<std::size_t>(t)) * y_stride + panel_rows * run.at(p); };
    const auto rows_of = [&](int p) PLUME_INLINE_LAMBDA { return N - panel_rows * run.at(p); };

    f32 acc[P][M];
    each([&](int p, int t) PLUME_INLINE_LAMBDA { acc[p][t] = b_begin == 0 ? A::set1(0) : A::load_n(out(p, t), rows_of(p)); });
    sum_starts<A, C, M> starts(x_sums, -bias);
    for (std::size_t b = 0; b + 1 < starts.ahead && b < n; ++b) starts.prepare(b);

    for (std::size_t b = 0; b < n; ++b, hi += 32 * M, lo += Planes == 2 ? 32 * M : 0, s += M, S += M, x_sums += 2 * M) {
        if (b + starts.ahead - 1 < n) starts.prepare(b + starts.ahead - 1);
        if constexpr (M <= 2) w.prefetch(b);  // more tokens give the memory time
        i32 isum[parts][P][M];
        unrolled<parts>([&](auto part) PLUME_INLINE_LAMBDA {
            constexpr int groups = 8 / parts;
            partial       sum[sums][P][M];
            unrolled<M>([&](int t) PLUME_INLINE_LAMBDA {
                const i32 start = starts.get(b, part, t);
                unrolled<P>([&](int p) PLUME_INLINE_LAMBDA {
                    sum[sums - 1][p][t].start(start);
                    if constexpr (sums == 2) sum[0][p][t].start(A::iset1(0));
                });
            });
            unrolled<groups>([&](auto g) PLUME_INLINE_LAMBDA {
                constexpr int       group = decltype(part)::value * groups + decltype(g)::value;
                typename A::operand weights[P];
                unrolled<P>([&](int p) PLUME_INLINE_LAMBDA { weights[p] = A::template prepare<signed_operand<C>>(w.template group<group>(p, b)); });
                unrolled<M>([&](int t) PLUME_INLINE_LAMBDA {
                    unrolled<Planes>([&](auto plane) PLUME_INLINE_LAMBDA {
                        const auto four = A::broadcast_four((decltype(plane)::value == 0 ? hi : lo) + 4 * (M * group + t));
                        unrolled<P>([&](int p) PLUME_INLINE_LAMBDA {
                            constexpr int g_value = decltype(g)::value, plane_value = decltype(plane)::value;
                            sum[plane_value % sums][p][t].template add<g_value, plane_value>(weights[p], four);
                        });
                    });
                });
            });
            each([&](int p, int t) PLUME_INLINE_LAMBDA {
                i32& whole = isum[part][p][t];
                whole      = sum[0][p][t].end();
                if constexpr (sums == 2) whole = A::iadd(A::template shift_left<7>(whole), sum[1][p][t].end());
            });
        });
        unrolled<P>([&](int p) PLUME_INLINE_LAMBDA {
            const auto& scales = w.scales(p, b);
            unrolled<M>([&](int t) PLUME_INLINE_LAMBDA {
                f32 whole;
                if constexpr (parts == 2)
                    whole = joined<A, joins_in_f32<C, Planes>>(scales.sub, isum[0][p][t], isum[1][p][t]);
                else
                    whole = A::to_f32(isum[0][p][t]);
                acc[p][t] = chain_step<A, C, Planes>(scales, whole, s + t, S + t, x_sums + t, x_sums + M + t, acc[p][t]);
            });
        });
    }
    each([&](int p, int t) PLUME_INLINE_LAMBDA {
        if (rows_of(p) >= panel_rows)
            A::store(out(p, t), acc[p][t]);
        else
            A::store_n(out(p, t), acc[p][t], rows_of(p));
    });
}

/// One multiplication y[T,N] = x[T,D] · w[N,D]^T of some panels. T tokens are cut as token_tiles says; full tiles meet weights that are unpacked piece by
/// piece, what is left meets the panels as they are. No cut changes a bit: a chain belongs to one token and one row.
template <class A, quant::code_layout C, int Planes>
struct codes_product {
    static constexpr std::size_t full = A::tokens(Planes);
    const panels&                w;
    const quantised&             x;
    std::size_t                  T;
    float*                       y;
    std::size_t                  y_stride;
    std::int32_t                 bias  = A::bias(C.bits, C.table_reach, w.offset);
    std::size_t                  tiled = T / full * full, blocks = w.D / block_elems;

    template <int P>
    PLUME_INLINE panel_run<P> run_of(std::size_t panel, std::size_t end) const noexcept {
        return {panel, end - panel < P ? end - panel : P};
    }
    template <int P>
    void full_tiles(const panel_run<P>& run) const noexcept {
        const packed_weights<A, C, P> packed(w, run);
        unpacked_weights<A, P>        unpacked;
        const std::size_t             pieces = (blocks + unpacked.most_blocks - 1) / unpacked.most_blocks, piece = (blocks + pieces - 1) / pieces;
        for (std::size_t b = 0; b < blocks; b += piece) {
            const std::size_t end = blocks - b < piece ? blocks : b + piece;
            unpacked.fill(packed, b, end);
            for (std::size_t t = 0; t < tiled; t += full)
                matmul_tile<A, once_unpacked(C), Planes, full, P>(unpacked, run, bias, x, t, b, end, y, y_stride, w.N);
        }
    }
    template <int M>
    PLUME_INLINE void tiles(std::size_t begin, std::size_t end, std::size_t t) const noexcept {
        constexpr int P = A::panels(M, scales_of<C>::sub_16);
        for (; begin < end; begin += P) {
            const auto run = run_of<P>(begin, end);
            matmul_tile<A, C, Planes, M, P>(packed_weights<A, C, P>(w, run), run, bias, x, t, 0, blocks, y, y_stride, w.N);
        }
    }
    template <int M>
    PLUME_INLINE void rest(std::size_t begin, std::size_t end, std::size_t& t) const noexcept {
        if constexpr (M < full)
            if (((T - tiled) & M) != 0) tiles<M>(begin, end, t), t += M;
    }
    void run(std::size_t begin, std::size_t end) const noexcept {
        constexpr std::size_t P = A::panels(full, scales_of<C>::sub_16), group = 4;
        if constexpr (C.bits != 8) {  // a code of 8 bits is a byte already
            for (std::size_t panel = begin; tiled != 0 && panel < end; panel += P) full_tiles(run_of<P>(panel, end));
            if (tiled == T) return;
        }
        for (; begin < end; begin += group) {  // what the tiles of a few panels read stays in the cache
            const std::size_t last = end - begin < group ? end : begin + group;
            std::size_t       t    = tiled;
            if constexpr (C.bits == 8)
                for (std::size_t done = 0; done < tiled; done += full) tiles<full>(begin, last, done);
            rest<4>(begin, last, t), rest<2>(begin, last, t), rest<1>(begin, last, t);
        }
    }
};

template <class A, quant::code_layout C, int Planes>
void matmul_codes(const panels& w, std::size_t panel_begin, std::size_t panel_end, const quantised& x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    codes_product<A, C, Planes>{w, x, T, y, y_stride}.run(panel_begin, panel_end);
}

}  // namespace plume::kernels::cpu
