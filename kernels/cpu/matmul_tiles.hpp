#pragma once

#include "lanes_avx512vnni.hpp"
#include "matmul_codes.hpp"
#include "tiles_amx.hpp"

// y[T,N] = x[T,D] · w[N,D]^T for many tokens with the tile unit: a tile product gives the integer sums of 16 tokens, 16 rows and one block of 32,
// the vector unit adds them to the chains. Bit for bit what matmul_codes.hpp computes: the sums are exact integers and the chain has the same steps.
//
// While tiles are in flight, the second vector port does no multiplications and no conversions, only additions (measured on Sapphire Rapids). So the
// sums of a tile start at the bits of the float 1.5·2^23: then they are floats 1.5·2^23 + sum as they stand, and one subtraction gives the sum.
// In the same way the sums of the upper plane start at the bits of 1.5·2^30, whose last bit counts 128: upper·128 + lower needs no shift, and its one
// rounding is that of the integer's conversion.

namespace plume::kernels::cpu {

inline constexpr std::size_t tile_tokens = 16, tile_block_bytes = 512;  // of a block of 32: 16 tokens' activations, or 16 rows' weights
inline constexpr std::size_t slice_blocks = 16;                         // unpacked together, so that weights and activations lie in the first cache

/// A layout whose weights are int8 as they stand.
template <quant::code_layout C>
inline constexpr bool tiled_layout = C.scale != scale_layout::per_256_sub_16;

/// What a slice of the product works on, on the stack. Planes as in matmul_codes.
template <int Planes>
struct tile_slice {
    static constexpr std::size_t tiles = Planes == 2 ? 2 : 4;  // of tokens that share one unpacking
    static constexpr std::size_t ring  = 4;                    // blocks' sums on the way from the tiles to the chains

    alignas(64) std::int8_t x[tiles][slice_blocks][Planes][tile_block_bytes];  // [token][32]
    alignas(64) float s[tiles][slice_blocks][tile_tokens], S[tiles][slice_blocks][tile_tokens];
    alignas(64) std::int8_t w[slice_blocks][tile_block_bytes];  // group g = 0..7: [row][4]
    alignas(64) float d[slice_blocks][panel_rows], dmin[slice_blocks][panel_rows];
    alignas(64) float sums[ring][Planes][tile_tokens * panel_rows];  // [token][row]
    alignas(64) float y[tile_tokens * panel_rows];                   // where a tile reaches over an edge
};

/// Tokens [t, t + n) and blocks [b, b + blocks) of x in the order of tiles; tokens from n to the end of their tile are zero.
template <class A, int Planes>
PLUME_INLINE void gather_tokens(const quantised& x, std::size_t t0, std::size_t n, std::size_t b0, std::size_t blocks, tile_slice<Planes>& to) noexcept {
    for (std::size_t t = 0; t < (n + tile_tokens - 1) / tile_tokens * tile_tokens; ++t) {
        const std::size_t tile = t / tile_tokens, row = t % tile_tokens, first = (t0 + t) * (x.D / block_elems) + b0;
        for (std::size_t b = 0; b < blocks; ++b) {
            const bool zero       = t >= n;
            to.s[tile][b][row]    = zero ? 0 : x.s[first + b];
            to.S[tile][b][row]    = zero ? 0 : x.S[first + b];
            std::int8_t* const at = to.x[tile][b][0] + row * block_elems;
            if (zero) {
                for (int p = 0; p < Planes; ++p) __builtin_memset(at + p * tile_block_bytes, 0, block_elems);
            } else {
                __builtin_memcpy(at, x.hi + (first + b) * block_elems, block_elems);
                if constexpr (Planes == 2) __builtin_memcpy(at + tile_block_bytes, x.lo + (first + b) * block_elems, block_elems);
            }
        }
    }
}

/// Blocks [b, b + blocks) of a panel as int8 weights, with their scales as chains want them.
template <class A, quant::code_layout C, int Planes>
PLUME_INLINE void unpack_weights(const panels& w, std::size_t panel, std::size_t b0, std::size_t blocks, tile_slice<Planes>& to) noexcept {
    const auto    streams = streams_of<A, C>(w, panel);
    const __m512i table   = lanes_avx512::table(w.table).v, offset = _mm512_set1_epi8(static_cast<char>(w.offset));
    for (std::size_t b = 0; b < blocks; ++b) {
        const auto scales = block_scales<A, C>::read(streams, b0 + b);
        A::store(to.d[b], scales.d);
        if constexpr (block_scales<A, C>::has_min) A::store(to.dmin[b], scales.dmin);
        const std::byte* codes = streams.codes + C.bits * std::size_t{64} * (b0 + b);
        unrolled<8>([&](auto g) PLUME_INLINE_LAMBDA {
            __m512i line = group_codes<A, C.bits, decltype(g)::value>(codes).v;
            line         = C.has_table ? _mm512_shuffle_epi8(table, line) : _mm512_sub_epi8(line, offset);
            _mm512_store_si512(to.w[b] + 64 * g.value, line);
        });
    }
}

/// The chains of one tile of tokens and one panel over a slice; y is their state.
/// Three stages overlap: the product of block i, the store of block i - 2 (i - 1 with two planes), the chain steps of an earlier one.
template <class A, quant::code_layout C, int Planes>
PLUME_INLINE void tile_chains(tile_slice<Planes>& slice, std::size_t tile, std::size_t blocks, float* y, std::size_t y_stride) noexcept {
    using f32                           = typename A::f32;
    using slices                        = tile_slice<Planes>;
    constexpr std::size_t turns         = 4 / Planes;  // sets of sums in tiles 4 to 7
    constexpr std::size_t store_after   = turns / 2;
    constexpr std::size_t chain_after   = store_after + PLUME_LAG;
    alignas(64) static constexpr std::int32_t start[2][16] = {
        {0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000,  //
         0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000, 0x4b400000},
        {0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000,  //
         0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000, 0x4ec00000}};
    const f32 excess = A::set1(Planes == 2 ? 0x1.8p30f + 0x1.8p23f : 0x1.8p23f);

    f32 acc[tile_tokens];
    unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA { acc[t.value] = A::load(y + t.value * y_stride); });

    const auto multiply = [&]<int Turn>(index<Turn>, std::size_t b) PLUME_INLINE_LAMBDA {
        constexpr int x = Planes == 2 ? 0 : Turn % 2, weights = 2 + Turn % 2, sums = 4 + Planes * Turn;
        tiles_amx::load<x>(slice.x[tile][b][0], block_elems);
        tiles_amx::load<weights>(slice.w[b], 64);
        tiles_amx::load<sums>(start[Planes - 1], 0);
        tiles_amx::dot_signed<sums, x, weights>();
        if constexpr (Planes == 2) {
            tiles_amx::load<1>(slice.x[tile][b][1], block_elems);
            tiles_amx::load<sums + 1>(start[0], 0);
            tiles_amx::dot_signed<sums + 1, 1, weights>();
        }
    };
    const auto store = [&]<int Turn>(index<Turn>, std::size_t b) PLUME_INLINE_LAMBDA {
        tiles_amx::store<4 + Planes * Turn>(slice.sums[b % slices::ring][0], 64);
        if constexpr (Planes == 2) tiles_amx::store<5 + Planes * Turn>(slice.sums[b % slices::ring][1], 64);
    };
    const auto chain = [&](std::size_t b) PLUME_INLINE_LAMBDA {
        const f32    d    = A::load(slice.d[b]);
        const float *sums = slice.sums[b % slices::ring][0], *s = slice.s[tile][b], *S = slice.S[tile][b];
        unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA {
            f32 sum = A::sub(A::load(sums + 16 * t.value), excess);
            if constexpr (Planes == 2) sum = A::add(sum, A::load(sums + tile_tokens * panel_rows + 16 * t.value));
            acc[t.value] = A::fma(A::mul(d, A::set1(s[t.value])), sum, acc[t.value]);
            if constexpr (block_scales<A, C>::has_min) acc[t.value] = A::fnma(A::load(slice.dmin[b]), A::set1(S[t.value]), acc[t.value]);
        });
    };
    for (std::size_t i = 0; i < blocks + chain_after; i += turns)
        unrolled<static_cast<int>(turns)>([&](auto turn) PLUME_INLINE_LAMBDA {
            constexpr int     me = decltype(turn)::value;
            const std::size_t at = i + me;
            if (at < blocks) multiply(turn, at);
            if (at >= store_after && at - store_after < blocks) store(index<(me + turns - store_after) % turns>{}, at - store_after);
            if (at >= chain_after && at - chain_after < blocks) chain(at - chain_after);
        });
    unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA { A::store(y + t.value * y_stride, acc[t.value]); });
}

/// The chains of one panel and `n` tokens of a tile over a slice, from zero in the first slice.
template <class A, quant::code_layout C, int Planes>
void tile_product(tile_slice<Planes>& slice, std::size_t tile, std::size_t n, std::size_t blocks, bool first, float* y, std::size_t y_stride,
                  std::size_t rows) noexcept {
    if (n == tile_tokens && rows == panel_rows && !first) return tile_chains<A, C, Planes>(slice, tile, blocks, y, y_stride);
    for (std::size_t t = 0; t < tile_tokens; ++t)
        A::store(slice.y + t * panel_rows, first || t >= n ? A::set1(0) : A::load_n(y + t * y_stride, rows));
    tile_chains<A, C, Planes>(slice, tile, blocks, slice.y, panel_rows);
    for (std::size_t t = 0; t < n; ++t) A::store_n(y + t * y_stride, A::load(slice.y + t * panel_rows), rows);
}

/// Tokens [0, T) by tiles, the last one filled up with zeros.
template <class A, quant::code_layout C, int Planes>
void matmul_by_tiles(const panels& w, std::size_t panel_begin, std::size_t panel_end, const quantised& x, std::size_t T, float* y,
                     std::size_t y_stride) noexcept {
    tiles_amx::configuration c;
    for (int tile = 0; tile < 8; ++tile) c.row_count[tile] = tile_tokens, c.row_bytes[tile] = 64;
    c.row_bytes[0] = c.row_bytes[1] = block_elems;      // activations
    c.row_count[2] = c.row_count[3] = block_elems / 4;  // weights
    const tiles_amx::in_use on(c);

    tile_slice<Planes>    slice;
    constexpr std::size_t group  = tile_slice<Planes>::tiles * tile_tokens;
    const std::size_t     blocks = x.D / block_elems;
    for (std::size_t t = 0; t < T; t += group) {
        const std::size_t tokens = T - t < group ? T - t : group;
        for (std::size_t b = 0; b < blocks; b += slice_blocks) {
            const std::size_t n_blocks = blocks - b < slice_blocks ? blocks - b : slice_blocks;
            gather_tokens<A>(x, t, tokens, b, n_blocks, slice);
            for (std::size_t p = panel_begin; p < panel_end; ++p) {
                unpack_weights<A, C>(w, p, b, n_blocks, slice);
                const std::size_t row = p * panel_rows, rows = w.N - row < panel_rows ? w.N - row : panel_rows;
                for (std::size_t tile = 0; tile * tile_tokens < tokens; ++tile) {
                    const std::size_t left = tokens - tile * tile_tokens;
                    tile_product<A, C, Planes>(slice, tile, left < tile_tokens ? left : tile_tokens, n_blocks, b == 0,
                                               y + (t + tile * tile_tokens) * y_stride + row, y_stride, rows);
                }
            }
        }
    }
}

/// From this many tokens on a tile pays, filled up with zeros or not; fewer go the way of matmul_codes.
inline constexpr std::size_t least_tile_tokens = 9;

template <class A, quant::code_layout C, int Planes>
void matmul_tiles(const panels& w, std::size_t panel_begin, std::size_t panel_end, const quantised& x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    const std::size_t rest = T % tile_tokens, tiled = rest < least_tile_tokens ? T - rest : T;
    if (tiled > 0) matmul_by_tiles<A, C, Planes>(w, panel_begin, panel_end, x, tiled, y, y_stride);
    if (tiled == T) return;
    quantised last = x;
    last.hi += tiled * x.D;
    if constexpr (Planes == 2) last.lo += tiled * x.D;
    last.s += tiled * (x.D / block_elems);
    last.S += tiled * (x.D / block_elems);
    last.sums += tiled * (x.D / 16);
    matmul_codes<A, C, Planes>(w, panel_begin, panel_end, last, rest, y + tiled * y_stride, y_stride);
}

}  // namespace plume::kernels::cpu
