#pragma once

#include <cstddef>
#include <cstdint>

#include <plume/core/dtype.hpp>
#include <plume/core/nonlinearity.hpp>

#include "panel.hpp"

// Floor 2: what a CPU target offers. One table a target, filled in kernels/cpu/targets/*.cpp, chosen once at load.
// Every function is deterministic to the bit and gives the same bits on every target (ARCHITECTURE: the numbers contract).
// No function throws, allocates, locks or logs. The caller has set the floating-point control to its defaults.

namespace plume::kernels {

/// T rows of D activations in blocks of 32: x ≈ s·(128·hi + lo), or s·hi where lo is null (A8). The order inside is the target's own, and whether A16 is
/// planes or words (target_table::words): what its quantise writes for T rows, its matmul reads. Only this holds for all: the part of rows [t, T), t a multiple
/// of token_step, begins at t times a row's size and is what quantise would write for T - t rows.
struct quantised {
    std::int8_t*  hi   = nullptr;  // T · D
    std::int8_t*  lo   = nullptr;  // T · D or null
    float*        s    = nullptr;  // T · D/32
    std::int32_t* sums = nullptr;  // T · D/16 integer sums of the quantised values of each 16
    float*        S    = nullptr;  // T · D/32: s · float(sum of 32)
    std::size_t   D    = 0;
};

/// Where a token's values stand in `quantised`: four of them from k on (k a multiple of 4) in four bytes of hi and of lo from `four` on, a block of 32 in s
/// and S, a half block of 16 in sums.
struct quantised_place {
    std::size_t four, block, half;
};

/// Query tokens and their heads that share a KV head, over one split of the cached positions: partial softmaxes that merge_attention joins.
/// Token t stands at position + t and sees the positions up to its own, at most `window` of them where that is not 0. Of those it meets
/// [begin, begin + attention_split) here; where that is none, its result is 0 with the maximum -infinity.
struct attention_task {
    const float* q;                         // [T][G][E]
    std::size_t  q_stride, q_token_stride;  // floats from head to head, from token to token
    const void*  k;                         // this KV head's keys and values in the first piece of positions, laid out as kv/layout.hpp says
    const void*  v;
    std::size_t  piece_stride;     // bytes from piece to piece
    std::size_t  position, begin;  // begin is a multiple of attention_split
    std::size_t  T, G, E;          // any from 1 on
    std::size_t  window;
    float        scale;
    float        soft_cap;          // a score s becomes soft_cap · tanh(s / soft_cap), after the scale; 0: it stays
    float*       out;               // [T][G][partial_floats(E)]: unnormalised sum of p·v [E], then its maximum m and its sum l
    std::size_t  out_token_stride;  // floats
};
/// A row of partial results begins at a cache line where `out` does.
[[nodiscard]] constexpr std::size_t partial_floats(std::size_t E) noexcept { return (E + 2 + 15) / 16 * 16; }

inline constexpr std::size_t attention_tile  = 64;    // positions of one online-softmax step
inline constexpr std::size_t attention_split = 1024;  // positions of one partial result: fixed, so that threads never change a bit

inline constexpr std::size_t attention_rows = 64;  // query tokens × heads that meet decoded keys and values together

struct target_table {
    const char* name;  // "scalar", "avx2", "avx512", "avx512vnni", "amx"

    /// y[t, r] for panels [panel_begin, panel_end) and tokens 0 .. T-1; row r of token t at y[t·y_stride + r]; rows beyond w.N are not written.
    using matmul_codes  = void (*)(const panels& w, std::size_t panel_begin, std::size_t panel_end, const quantised& x, std::size_t T, float* y,
                                  std::size_t y_stride) noexcept;
    using matmul_floats = void (*)(const panels& w, std::size_t panel_begin, std::size_t panel_end, const float* x, std::size_t T, float* y,
                                   std::size_t y_stride) noexcept;
    struct matmul_entry {  // by index in THE LIST; a code format has a8 and a16, a float format f32
        matmul_codes  a8 = nullptr, a16 = nullptr;
        matmul_floats f32 = nullptr;
    };
    const matmul_entry* matmul;  // [number of formats]

    /// Blocks [b_begin, b_end) of 32 of row t of x[T,D], which `row` points to, into `out`, which is laid out for T rows; out.lo null: A8, else A16.
    void (*quantise)(const float* row, std::size_t t, std::size_t T, std::size_t b_begin, std::size_t b_end, const quantised& out) noexcept;

    /// A16 lies as 16-bit numbers: of each four, hi has the first and the third, lo the others.
    bool words;

    /// Where quantise puts token t of T: k of four, k / 32 of block, k / 16 of half.
    quantised_place (*place)(std::size_t T, std::size_t D, bool two_planes, std::size_t t, std::size_t k) noexcept;

    /// T tokens may be multiplied in parts that begin at multiples of this.
    std::size_t token_step;

    /// Multiplications of a matmul that take about a millisecond: how long a caller may wait between two looks at a stop token.
    std::size_t mults_per_ms;

    /// y[i] = w[i] · x[i] / sqrt(mean(x²) + eps), one row of D. "Root Mean Square Layer Normalization", Zhang and Sennrich 2019, eq. 4. y may be x.
    void (*rms_norm)(const float* x, const float* w, float eps, float* y, std::size_t D) noexcept;

    /// y[i] = w[i] · (x[i] - mean(x)) / sqrt(variance(x) + eps) + b[i]; b may be null. "Layer Normalization", Ba et al. 2016, eq. 4. y may be x.
    void (*layer_norm)(const float* x, const float* w, const float* b, float eps, float* y, std::size_t D) noexcept;

    /// Rotates pairs (2i, 2i + 1), or (i, i + rotated/2), of each of n heads of E elements in place; cosine and sine [rotated/2]; elements from `rotated` on
    /// stay.
    using rope = void (*)(float* x, std::size_t n_heads, std::size_t E, const float* cosine, const float* sine, std::size_t rotated) noexcept;
    rope rope_interleaved, rope_half_split;

    /// By nonlinearity: y = function(gate)·up, or function(gate) where up is null; y may be gate.
    using activation = void (*)(const float* gate, const float* up, float* y, std::size_t n) noexcept;
    activation activate[n_nonlinearities];

    void (*add)(const float* x, float* y, std::size_t n) noexcept;                       // y += x
    void (*add_scaled)(const float* x, float factor, float* y, std::size_t n) noexcept;  // y += factor·x, rounded once
    void (*scale)(float factor, float* x, std::size_t n) noexcept;                       // x *= factor
    void (*soft_cap)(float cap, float* x, std::size_t n) noexcept;                       // x = cap · tanh(x / cap)

    /// By kv_type.
    struct cache_entry {
        /// Stores key and value [E] of one position of one KV head. Position counts from the start of its piece, where k_cache and v_cache point.
        void (*append)(const float* k, const float* v, std::size_t position, std::size_t E, void* k_cache, void* v_cache) noexcept;
        /// A token's numbers are the same whatever tokens and heads are beside it.
        void (*attention)(const attention_task&) noexcept;
    };
    cache_entry cache[n_kv_types];

    /// Joins n_splits partial results (each as attention_task::out has them, `split_stride` floats apart), in index order, into out[E] = Σ p·v / Σ p.
    /// sink: one more score, which weighs in the sum alone; null: none. "Efficient Streaming Language Models with Attention Sinks", Xiao et al. 2023.
    void (*merge_attention)(const float* partials, std::size_t n_splits, std::size_t split_stride, std::size_t E, const float* sink, float* out) noexcept;

    bool (*all_finite)(const float* x, std::size_t n) noexcept;

    /// x[i] = exp(x[i] - m), returns the sum over 16 virtual lanes: the exp that attention and SiLU have inside, where tests can reach it.
    float (*exp_and_sum)(float* x, float m, std::size_t n) noexcept;
};

/// One of the targets compiled in; src/dispatch.cpp has the table, which the build fills from the list in CMakeLists.txt.
struct target_entry {
    const char* name;
    bool (*runs_here)() noexcept;  // CPUID and XGETBV, in src/system.cpp
    bool (*allowed)() noexcept;    // asks the system where the target needs its leave: before the table is used, and only then
    const target_table* table;
};

}  // namespace plume::kernels
