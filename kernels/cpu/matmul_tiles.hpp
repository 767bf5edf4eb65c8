#pragma once

#include "lanes_avx512vnni.hpp"
#include "matmul_codes.hpp"
#include "quantise.hpp"
#include "tiles_amx.hpp"

// y[T,N] = x[T,D] · w[N,D]^T for many tokens with the tile unit: a tile product gives the integer sums of 16 tokens, 16 rows and one block of 32,
// the vector unit adds them to the chains. Bit for bit what matmul_codes.hpp computes: the sums are exact integers and the chain has the same steps.
//
// While tiles are in flight, the second vector port does no multiplications and no conversions, only additions (measured on Sapphire Rapids). So an
// integer becomes a float by two additions: of the bits of 1.5·2^23, which makes it the float 1.5·2^23 + sum, and of minus that float. In the same way
// the bits of 1.5·2^30, whose last bit counts 128, make an upper sum 128 times itself, and the one rounding of upper·128 + lower is that of the
// integer's conversion. Both sums stay below 2^22: 32 products of int8.

namespace plume::kernels::cpu {

inline constexpr std::size_t tile_tokens = 16, tile_block_bytes = 512;  // of a block of 32: 16 tokens' activations, or 16 rows' weights

/// How T tokens are cut: full tiles of 16, and the rest as matmul_codes has it.
PLUME_INLINE std::size_t tiled_tokens(std::size_t T) noexcept { return T / tile_tokens * tile_tokens; }

/// Sub-scales of 16 weights are multiplied into the weights, which then take two planes: sub·value = 128·upper + lower. Products of planes with the same
/// power of 128 share a sum; turns is how many blocks' sums fit in tiles 4 to 7. Three stages overlap: the tile product of one block, the store of the
/// sums before it, the chain steps of sums that have reached the cache.
template <quant::code_layout C, int Planes>
struct tiling {
    static constexpr int weight_planes = C.scale == scale_layout::per_256_sub_16 ? 2 : 1;
    static constexpr int sums = Planes + weight_planes - 1, turns = sums == 1 ? 4 : sums == 2 ? 2 : 1;
    static constexpr int store = turns == 1 ? 0 : 1, product = turns == 1 ? 0 : turns / 2 + 1;  // blocks ahead of the chain
};

/// Some blocks of one panel, unpacked for all tokens, and the sums on their way; on the stack, small enough for the first cache. Blocks are filled up
/// with zeros to a multiple of `turns`; no chain takes their sums.
template <quant::code_layout C, int Planes>
struct tile_slice {
    using shape                              = tiling<C, Planes>;
    static constexpr std::size_t most_blocks = 32 / shape::weight_planes, ahead = shape::product;

    alignas(64) std::int8_t w[most_blocks + ahead][shape::weight_planes][tile_block_bytes];  // group g = 0..7: [row][4]; after the last block the first again
    alignas(64) float d[most_blocks][panel_rows], dmin[most_blocks][panel_rows];
    alignas(64) std::int32_t min[most_blocks][2][panel_rows];                            // where minimums are for 16
    alignas(64) std::int32_t sums[shape::turns][shape::sums][tile_tokens * panel_rows];  // [token][row]
    std::size_t blocks, filled;                                                          // filled: with those of zeros
};

/// A line of weights times their rows' sub-scales, as upper and lower plane.
PLUME_INLINE void split_products(__m512i line, __m512i sub, std::int8_t* upper, std::int8_t* lower) noexcept {
    const __m512i even = _mm512_mullo_epi16(_mm512_srai_epi16(_mm512_slli_epi16(line, 8), 8), sub), odd = _mm512_mullo_epi16(_mm512_srai_epi16(line, 8), sub);
    const auto    bytes = [](__m512i e, __m512i o) PLUME_INLINE_LAMBDA { return _mm512_mask_blend_epi8(0xaaaaaaaaaaaaaaaaull, e, _mm512_slli_epi16(o, 8)); };
    const __m512i seven = _mm512_set1_epi16(127);
    _mm512_store_si512(upper, bytes(_mm512_srai_epi16(even, 7), _mm512_srai_epi16(odd, 7)));
    _mm512_store_si512(lower, bytes(_mm512_and_si512(even, seven), _mm512_and_si512(odd, seven)));
}

/// The slice's blocks of a panel, from b0 on, as int8 weights, with their scales as chains want them.
template <class A, quant::code_layout C, int Planes>
PLUME_INLINE void unpack_weights(const panels& w, const panel_streams<A>& streams, std::size_t b0, tile_slice<C, Planes>& to) noexcept {
    using is            = scales_of<C>;
    const __m512i table = lanes_avx512::table(w.table, 128).v, offset = _mm512_set1_epi8(static_cast<char>(w.offset));
    for (std::size_t b = 0; b < to.blocks; ++b) {
        const auto scales = read_scales<A, C>(streams, b0 + b);
        A::store(to.d[b], scales.d);
        if constexpr (is::has_min) A::store(to.dmin[b], scales.dmin);
        if constexpr (is::min_sub_16) A::istore(to.min[b][0], scales.min[0]), A::istore(to.min[b][1], scales.min[1]);
        const std::byte* codes = streams.codes + C.bits * std::size_t{64} * (b0 + b);
        unrolled<8>([&](auto g) PLUME_INLINE_LAMBDA {
            constexpr int group = decltype(g)::value;
            __m512i       line  = group_codes<A, C.bits, group>(codes).v;
            line                = C.has_table() ? _mm512_shuffle_epi8(table, line) : _mm512_sub_epi8(line, offset);
            if constexpr (is::sub_16) {
                const __m512i sub = scales.sub[group / 4].v;
                split_products(line, _mm512_mask_blend_epi16(0xaaaaaaaa, sub, _mm512_slli_epi32(sub, 16)), to.w[b][0] + 64 * group, to.w[b][1] + 64 * group);
            } else {
                _mm512_store_si512(to.w[b][0] + 64 * group, line);
            }
        });
    }
    for (std::size_t b = to.blocks; b < to.filled; ++b) __builtin_memset(to.w[b], 0, sizeof to.w[b]);
    for (std::size_t b = 0; b < to.ahead; ++b) __builtin_memcpy(to.w[to.filled + b], to.w[b % to.filled], sizeof to.w[b]);
}

/// The sums of one block of 16 tokens, in the tiles of this turn. Tiles 0 and 1 are activations, 2 and 3 weights.
template <quant::code_layout C, int Planes, int Turn>
PLUME_INLINE void tile_product(const tile_slice<C, Planes>& slice, const std::int8_t* hi, const std::int8_t* lo, std::size_t b) noexcept {
    using shape     = tiling<C, Planes>;
    constexpr int x = Planes == 2 ? 0 : Turn % 2, w = shape::weight_planes == 2 ? 2 : 2 + Turn % 2, first = 4 + shape::sums * Turn;
    tiles_amx::load<x>(hi, block_elems);
    tiles_amx::load<w>(slice.w[b][0], 64);
    tiles_amx::zero<first>();
    tiles_amx::dot<first, x, w>();
    if constexpr (shape::sums > 1) tiles_amx::zero<first + 1>();
    if constexpr (Planes == 2) {
        tiles_amx::load<1>(lo, block_elems);
        tiles_amx::dot<first + 1, 1, w>();
    }
    if constexpr (shape::weight_planes == 2) {
        tiles_amx::load<3>(slice.w[b][1], 64);
        tiles_amx::dot<first + 1, x, 3>();
    }
    if constexpr (shape::sums == 3) {
        tiles_amx::zero<first + 2>();
        tiles_amx::dot<first + 2, 1, 3>();
    }
}
template <quant::code_layout C, int Planes, int Turn>
PLUME_INLINE void tile_store(tile_slice<C, Planes>& slice) noexcept {
    unrolled<tiling<C, Planes>::sums>(
        [&](auto i) PLUME_INLINE_LAMBDA { tiles_amx::store<4 + tiling<C, Planes>::sums * Turn + decltype(i)::value>(slice.sums[Turn][i.value], 64); });
}

/// One block's step of the chains of 16 tokens, as chain_step has it. s, S: of 16 tokens; token_sums: of 16 tokens and the first 16 weights, then the others.
template <class A, quant::code_layout C, int Planes, int Turn>
PLUME_INLINE void tile_chain(const tile_slice<C, Planes>& slice, std::size_t b, const float* s, const float* S, const std::int32_t* token_sums,
                             typename A::f32 (&acc)[tile_tokens]) noexcept {
    using shape     = tiling<C, Planes>;
    using is        = scales_of<C>;
    const auto ones = A::as_i32(A::set1(0x1.8p23f)), times_128 = A::as_i32(A::set1(0x1.8p30f));
    const auto excess = A::set1(shape::sums == 2 ? 0x1.8p30f + 0x1.8p23f : 0x1.8p23f), d = A::load(slice.d[b]);
    // One pointer, and constant distances from it: left alone, g++ 12 keeps a pointer for each of the 16 tokens, on the stack.
    const std::int32_t* all = slice.sums[Turn][0];
    asm("" : "+r"(all));
    unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA {
        const auto sums = [&](int i) PLUME_INLINE_LAMBDA {
            return typename A::i32{_mm512_load_si512(all + static_cast<int>(tile_tokens * panel_rows) * i + 16 * decltype(t)::value)};
        };
        typename A::f32 sum;
        if constexpr (shape::sums == 1)
            sum = A::sub(A::as_f32(A::iadd(sums(0), ones)), excess);
        else if constexpr (shape::sums == 2)
            sum = A::add(A::sub(A::as_f32(A::iadd(sums(0), times_128)), excess), A::as_f32(A::iadd(sums(1), ones)));
        else
            sum = A::to_f32(A::iadd(A::template shift_left<7>(A::iadd(A::template shift_left<7>(sums(0)), sums(1))), sums(2)));
        const auto by = A::set1(s[t.value]);
        acc[t.value]  = A::fma(A::mul(d, by), sum, acc[t.value]);
        if constexpr (is::min_sub_16) {
            const typename A::i32 min[2] = {A::iload_n(slice.min[b][0], 16), A::iload_n(slice.min[b][1], 16)};
            const auto            mins   = joined<A, Planes == 1>(min, A::iset1(token_sums[t.value]), A::iset1(token_sums[16 + t.value]));
            acc[t.value]                 = A::fnma(A::mul(A::load(slice.dmin[b]), by), mins, acc[t.value]);
        } else if constexpr (is::has_min) {
            acc[t.value] = A::fnma(A::load(slice.dmin[b]), A::set1(S[t.value]), acc[t.value]);
        }
    });
}

/// The slice's part of the chains of T tokens (a multiple of 16) and one panel, from block b0 on; y is their state between slices.
template <class A, quant::code_layout C, int Planes>
PLUME_INLINE void slice_product(tile_slice<C, Planes>& slice, std::size_t b0, const quantised& x, std::size_t T, float* y, std::size_t y_stride,
                                std::size_t rows) noexcept {
    using shape                 = tiling<C, Planes>;
    constexpr int     turns     = shape::turns;
    const std::size_t row_bytes = x.D * tile_tokens, row_blocks = x.D / block_elems * tile_tokens;
    // Block b of the tile at token 16·tile, where b may reach into the next tile. Blocks of zeros meet any activations.
    const auto product = [&]<int Turn>(index<Turn>, std::size_t tile, std::size_t b) PLUME_INLINE_LAMBDA {
        const bool        next = b >= slice.filled;
        const std::size_t in = next ? b - slice.filled : b, of = next && (tile + 1) * tile_tokens < T ? tile + 1 : tile;
        const std::size_t at = of * row_bytes + (b0 + (in < slice.blocks ? in : 0)) * tile_block_bytes;
        tile_product<C, Planes, Turn>(slice, x.hi + at, Planes == 2 ? x.lo + at : nullptr, b);
    };
    unrolled<shape::product>([&](auto i) PLUME_INLINE_LAMBDA { product(i, 0, i.value); });
    if constexpr (shape::store == 1) tile_store<C, Planes, 0>(slice);
    for (std::size_t tile = 0; tile * tile_tokens < T; ++tile, y += tile_tokens * y_stride) {
        typename A::f32 acc[tile_tokens];
        unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA { acc[t.value] = b0 == 0 ? A::set1(0) : A::load_n(y + t.value * y_stride, rows); });
        const std::size_t first = tile * row_blocks + b0 * tile_tokens;
        for (std::size_t b = 0; b < slice.filled; b += turns)
            unrolled<turns>([&](auto turn) PLUME_INLINE_LAMBDA {
                constexpr int me = decltype(turn)::value;
                product(index<(me + shape::product) % turns>{}, tile, b + me + shape::product);
                tile_store<C, Planes, (me + shape::store) % turns>(slice);
                const std::size_t at = first + (b + me) * tile_tokens;
                if (b + me < slice.blocks) tile_chain<A, C, Planes, me>(slice, b + me, x.s + at, x.S + at, x.sums + 2 * at, acc);
            });
        unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA { A::store_n(y + t.value * y_stride, acc[t.value], rows); });
    }
}

/// Tokens [0, T), a multiple of 16, by tiles.
template <class A, quant::code_layout C, int Planes>
void matmul_by_tiles(const panels& w, std::size_t panel_begin, std::size_t panel_end, const quantised& x, std::size_t T, float* y,
                     std::size_t y_stride) noexcept {
    tiles_amx::configuration c;
    for (int tile = 0; tile < 8; ++tile) c.row_count[tile] = tile_tokens, c.row_bytes[tile] = 64;
    c.row_bytes[0] = c.row_bytes[1] = block_elems;      // activations
    c.row_count[2] = c.row_count[3] = block_elems / 4;  // weights
    const tiles_amx::in_use on(c);

    constexpr std::size_t turns  = tiling<C, Planes>::turns;
    const std::size_t     blocks = x.D / block_elems;
    tile_slice<C, Planes> slice;
    for (std::size_t p = panel_begin; p < panel_end; ++p) {
        const std::size_t row = p * panel_rows, rows = w.N - row < panel_rows ? w.N - row : panel_rows;
        const auto        streams = streams_of<A, C>(w, p);
        for (std::size_t b = 0; b < blocks; b += slice.most_blocks) {
            slice.blocks = blocks - b < slice.most_blocks ? blocks - b : slice.most_blocks;
            slice.filled = (slice.blocks + turns - 1) / turns * turns;
            unpack_weights<A, C>(w, streams, b, slice);
            slice_product<A, C>(slice, b, x, T, y + row, y_stride, rows);
        }
    }
}

/// The activations from token t on, a multiple of 16: see quantised.
PLUME_INLINE quantised tokens_from(quantised x, std::size_t t) noexcept {
    x.hi += t * x.D;
    if (x.lo) x.lo += t * x.D;
    x.s += t * (x.D / 32), x.S += t * (x.D / 32), x.sums += t * (x.D / 16);
    return x;
}

/// The order of activations: tiles of 16 tokens as [block][token][32], scales as [block][token]; the rest as matmul_codes has it.
template <class A>
quantised_place place_for_tiles(std::size_t T, std::size_t D, bool two_planes, std::size_t t, std::size_t k) noexcept {
    const std::size_t tiled = tiled_tokens(T), begin = t < tiled ? t / tile_tokens * tile_tokens : tiled, at = t - begin;
    quantised_place   p{.four = k / 32 * tile_block_bytes + at * 32 + k % 32, .block = k / 32 * tile_tokens + at, .half = k / 16 * tile_tokens + at};
    if (t >= tiled) p = place<A>(T - tiled, D, two_planes, at, k);
    return {begin * D + p.four, begin * (D / 32) + p.block, begin * (D / 16) + p.half};
}

template <class A, bool TwoPlanes>
void quantise_row_for_tiles(const float* row, std::size_t t, std::size_t b_begin, std::size_t b_end, const quantised& out) noexcept {
    const std::size_t at = t % tile_tokens;
    const quantised   to = tokens_from(out, t - at);
    for (std::size_t b = b_begin; b < b_end; ++b) {
        const std::size_t i = b * tile_tokens + at;
        std::int32_t      sums[2];
        quantise_block<A, TwoPlanes>(row + 32 * b, to.hi + 32 * i, TwoPlanes ? to.lo + 32 * i : nullptr, to.s[i], sums, to.S[i]);
        to.sums[2 * b * tile_tokens + at]       = sums[0];
        to.sums[(2 * b + 1) * tile_tokens + at] = sums[1];
    }
}
template <class A>
void quantise_for_tiles(const float* row, std::size_t t, std::size_t T, std::size_t b_begin, std::size_t b_end, const quantised& out) noexcept {
    const std::size_t tiled = tiled_tokens(T);
    if (t >= tiled) return quantise<A>(row, t - tiled, T - tiled, b_begin, b_end, tokens_from(out, tiled));
    (out.lo ? quantise_row_for_tiles<A, true> : quantise_row_for_tiles<A, false>)(row, t, b_begin, b_end, out);
}

}  // namespace plume::kernels::cpu
