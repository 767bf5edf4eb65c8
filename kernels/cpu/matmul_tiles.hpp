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

/// Three stages overlap: the tile product of one block, the store of the sums before it, the chain steps of sums that have reached the cache.
template <int Planes>
struct stages {
    static constexpr int turns = 4 / Planes;               // sets of sums in tiles 4 to 7; the store is half of them behind the product
    static constexpr int store = 1, product = turns / 2 + 1;  // blocks ahead of the chain
};

/// What a slice of the product works on, on the stack. Planes as in matmul_codes. Blocks are filled up with zeros to a multiple of `turns`; those of
/// one tile follow those of the last at once, so that products run ahead into the next tile, and after the last one into what nobody uses.
template <int Planes>
struct tile_slice {
    static constexpr std::size_t tiles = Planes == 2 ? 4 : 8;  // of tokens that share one unpacking
    static constexpr std::size_t ahead = stages<Planes>::product;

    alignas(64) std::int8_t x[tiles * slice_blocks + ahead][Planes][tile_block_bytes];  // [token][32]
    alignas(64) float s[tiles * slice_blocks][tile_tokens], S[tiles * slice_blocks][tile_tokens];
    alignas(64) std::int8_t w[slice_blocks + ahead][tile_block_bytes];  // group g = 0..7: [row][4]; after the last block the first ones again
    alignas(64) float d[slice_blocks][panel_rows], dmin[slice_blocks][panel_rows];
    alignas(64) std::int32_t sums[stages<Planes>::turns][Planes][tile_tokens * panel_rows];  // [token][row]
    alignas(64) float y[tile_tokens * panel_rows];                                    // where a tile reaches over an edge

    std::size_t blocks, filled;  // filled: with the zeros
};

/// Tokens [t0, t0 + n) of x over the slice's blocks, from b0 on, in the order of tiles; tokens from n to the end of their tile are zero.
template <class A, int Planes>
PLUME_INLINE void gather_tokens(const quantised& x, std::size_t t0, std::size_t n, std::size_t b0, tile_slice<Planes>& to) noexcept {
    const std::size_t n_tiles = (n + tile_tokens - 1) / tile_tokens;
    for (std::size_t t = 0; t < n_tiles * tile_tokens; ++t) {
        const std::size_t tile = t / tile_tokens, row = t % tile_tokens, first = (t0 + t) * (x.D / block_elems) + b0;
        for (std::size_t b = 0; b < to.filled; ++b) {
            const bool        zero = t >= n || b >= to.blocks;
            const std::size_t i    = tile * to.filled + b;
            to.s[i][row]           = zero ? 0 : x.s[first + b];
            to.S[i][row]           = zero ? 0 : x.S[first + b];
            std::int8_t* const at  = to.x[i][0] + row * block_elems;
            if (zero) {
                for (int p = 0; p < Planes; ++p) __builtin_memset(at + p * tile_block_bytes, 0, block_elems);
            } else {
                __builtin_memcpy(at, x.hi + (first + b) * block_elems, block_elems);
                if constexpr (Planes == 2) __builtin_memcpy(at + tile_block_bytes, x.lo + (first + b) * block_elems, block_elems);
            }
        }
    }
    __builtin_memset(to.x[n_tiles * to.filled], 0, sizeof to.x[0] * to.ahead);
}

/// The slice's blocks of a panel, from b0 on, as int8 weights, with their scales as chains want them.
template <class A, quant::code_layout C, int Planes>
PLUME_INLINE void unpack_weights(const panels& w, std::size_t panel, std::size_t b0, tile_slice<Planes>& to) noexcept {
    const auto    streams = streams_of<A, C>(w, panel);
    const __m512i table   = lanes_avx512::table(w.table).v, offset = _mm512_set1_epi8(static_cast<char>(w.offset));
    for (std::size_t b = 0; b < to.blocks; ++b) {
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
    for (std::size_t b = to.blocks; b < to.filled; ++b) {
        A::store(to.d[b], A::set1(0));
        A::store(to.dmin[b], A::set1(0));
        __builtin_memset(to.w[b], 0, tile_block_bytes);
    }
    for (std::size_t b = 0; b < to.ahead; ++b)
        for (std::size_t line = 0; line < tile_block_bytes; line += 64)
            _mm512_store_si512(to.w[to.filled + b] + line, _mm512_load_si512(to.w[b % to.filled] + line));
}

/// The sums of block i (in the order of the slice's x) from the tiles that this turn has.
template <int Planes, int Turn>
PLUME_INLINE void tile_product(const tile_slice<Planes>& slice, std::size_t i, std::size_t b) noexcept {
    constexpr int hi = Planes == 2 ? 0 : Turn % 2, lo = 1, weights = 2 + Turn % 2, sums = 4 + Planes * Turn;
    tiles_amx::load<hi>(slice.x[i][0], block_elems);
    tiles_amx::load<weights>(slice.w[b], 64);
    tiles_amx::zero<sums>();
    tiles_amx::dot_signed<sums, hi, weights>();
    if constexpr (Planes == 2) {
        tiles_amx::load<lo>(slice.x[i][1], block_elems);
        tiles_amx::zero<sums + 1>();
        tiles_amx::dot_signed<sums + 1, lo, weights>();
    }
}
template <int Planes, int Turn>
PLUME_INLINE void tile_store(tile_slice<Planes>& slice) noexcept {
    tiles_amx::store<4 + Planes * Turn>(slice.sums[Turn][0], 64);
    if constexpr (Planes == 2) tiles_amx::store<5 + Planes * Turn>(slice.sums[Turn][1], 64);
}

/// Block b's step of the chains of 16 tokens, as chain_step has it.
template <class A, quant::code_layout C, int Planes, int Turn>
PLUME_INLINE void tile_chain(const tile_slice<Planes>& slice, std::size_t i, std::size_t b, typename A::f32 (&acc)[tile_tokens]) noexcept {
    const auto ones = A::as_i32(A::set1(0x1.8p23f)), eighths = A::as_i32(A::set1(0x1.8p30f));
    const auto excess = A::set1(Planes == 2 ? 0x1.8p30f + 0x1.8p23f : 0x1.8p23f), d = A::load(slice.d[b]);
    const std::int32_t* sums = slice.sums[Turn][0];
    const float *s = slice.s[i], *S = slice.S[i];
    unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA {
        const auto biased = [](const std::int32_t* at, typename A::i32 bias) PLUME_INLINE_LAMBDA { return A::as_f32(A::iadd(typename A::i32{_mm512_load_si512(at)}, bias)); };
        auto sum = A::sub(biased(sums + 16 * t.value, Planes == 2 ? eighths : ones), excess);
        if constexpr (Planes == 2) sum = A::add(sum, biased(sums + tile_tokens * panel_rows + 16 * t.value, ones));
        acc[t.value] = A::fma(A::mul(d, A::set1(s[t.value])), sum, acc[t.value]);
        if constexpr (block_scales<A, C>::has_min) acc[t.value] = A::fnma(A::load(slice.dmin[b]), A::set1(S[t.value]), acc[t.value]);
    });
}

/// The slice's part of y for one panel and n tokens; y is the state of the chains between slices.
template <class A, quant::code_layout C, int Planes>
PLUME_INLINE void slice_product(tile_slice<Planes>& slice, std::size_t n, bool first, float* y, std::size_t y_stride, std::size_t rows) noexcept {
    constexpr int ahead = stages<Planes>::product, turns = stages<Planes>::turns;
    unrolled<ahead>([&](auto i) PLUME_INLINE_LAMBDA { tile_product<Planes, i.value>(slice, i.value, i.value); });
    tile_store<Planes, 0>(slice);
    for (std::size_t tile = 0; tile * tile_tokens < n; ++tile, y += tile_tokens * y_stride) {
        const std::size_t left = n - tile * tile_tokens, tokens = left < tile_tokens ? left : tile_tokens;
        const bool        edge = tokens < tile_tokens || rows < panel_rows;
        float* const      state = edge ? slice.y : y;
        const std::size_t stride = edge ? panel_rows : y_stride;
        if (edge)
            for (std::size_t t = 0; t < tile_tokens; ++t)
                A::store(slice.y + t * panel_rows, first || t >= tokens ? A::set1(0) : A::load_n(y + t * y_stride, rows));
        typename A::f32 acc[tile_tokens];
        if (first)
            unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA { acc[t.value] = A::set1(0); });
        else
            unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA { acc[t.value] = A::load(state + t.value * stride); });
        for (std::size_t b = 0, i = tile * slice.filled; b < slice.filled; b += turns, i += turns)
            unrolled<turns>([&](auto turn) PLUME_INLINE_LAMBDA {
                constexpr int me = decltype(turn)::value;
                tile_product<Planes, (me + ahead) % turns>(slice, i + me + ahead, b + me + ahead);
                tile_store<Planes, (me + 1) % turns>(slice);
                tile_chain<A, C, Planes, me>(slice, i + me, b + me, acc);
            });
        unrolled<16>([&](auto t) PLUME_INLINE_LAMBDA { A::store(state + t.value * stride, acc[t.value]); });
        if (edge)
            for (std::size_t t = 0; t < tokens; ++t) A::store_n(y + t * y_stride, A::load(slice.y + t * panel_rows), rows);
    }
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
    constexpr std::size_t group = tile_slice<Planes>::tiles * tile_tokens, turns = stages<Planes>::turns;
    const std::size_t     blocks = x.D / block_elems;
    for (std::size_t t = 0; t < T; t += group) {
        const std::size_t tokens = T - t < group ? T - t : group;
        for (std::size_t b = 0; b < blocks; b += slice_blocks) {
            slice.blocks = blocks - b < slice_blocks ? blocks - b : slice_blocks;
            slice.filled = (slice.blocks + turns - 1) / turns * turns;
            gather_tokens<A>(x, t, tokens, b, slice);
            for (std::size_t p = panel_begin; p < panel_end; ++p) {
                const std::size_t row = p * panel_rows, rows = w.N - row < panel_rows ? w.N - row : panel_rows;
                unpack_weights<A, C>(w, p, b, slice);
                slice_product<A, C>(slice, tokens, b == 0, y + t * y_stride + row, y_stride, rows);
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
