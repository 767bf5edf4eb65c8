#pragma once

#include <cstddef>
#include <cstdint>

#include "panel.hpp"

// Floor 2: what a CPU target offers. One table a target, filled in kernels/cpu/targets/*.cpp, chosen once at load.
// Every function is deterministic to the bit and gives the same bits on every target (ARCHITECTURE: the numbers contract).
// No function throws, allocates, locks or logs. The caller has set the floating-point control to its defaults.

namespace plume::kernels {

/// T rows of D activations in blocks of 32: x ≈ s·(128·hi + lo), or s·hi where lo is null (A8). The order inside is the target's own: what its quantise
/// writes for T rows, its matmul reads. Only this holds for all: the part of rows [t, T), t a multiple of token_step, begins at t times a row's size and is
/// what quantise would write for T - t rows.
struct quantised {
    std::int8_t*  hi   = nullptr;  // T · D
    std::int8_t*  lo   = nullptr;  // T · D or null
    float*        s    = nullptr;  // T · D/32
    std::int32_t* sums = nullptr;  // T · D/16 integer sums of the quantised values of each 16
    float*        S    = nullptr;  // T · D/32: s · float(sum of 32)
    std::size_t   D    = 0;
};

/// Where a token's values stand in `quantised`, in elements: four values from k on (k a multiple of 4) in hi and lo, a block of 32 in s and S, a half block of
/// 16 in sums.
struct quantised_place {
    std::size_t four, block, half;
};

/// One query token's heads that share a KV head, over cached positions [begin, end): a partial softmax that merge_attention joins.
struct attention_task {
    const float* q;  // [G, E]: the G query heads, `q_stride` floats apart
    std::size_t  q_stride;
    const void*  k;           // this KV head's keys:   [S/16][E][16], lane = position
    const void*  v;           // this KV head's values: [S][E], lane = channel
    std::size_t  begin, end;  // begin is a multiple of attention_split; end - begin <= attention_split
    std::size_t  G, E;        // any E from 1 on
    float        scale;
    float*       out;  // [G, E + 2]: unnormalised sum of p·v, then its maximum m and its sum l
};

inline constexpr std::size_t attention_tile  = 64;    // positions of one online-softmax step
inline constexpr std::size_t attention_split = 1024;  // positions of one partial result: fixed, so that threads never change a bit

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

    /// Where quantise puts token t of T: k of four, k / 32 of block, k / 16 of half.
    quantised_place (*place)(std::size_t T, std::size_t D, bool two_planes, std::size_t t, std::size_t k) noexcept;

    /// T tokens may be multiplied in parts that begin at multiples of this.
    std::size_t token_step;

    /// Multiplications of a matmul that take about a millisecond: how long a caller may wait between two looks at a stop token.
    std::size_t mults_per_ms;

    /// y[i] = w[i] · x[i] / sqrt(mean(x²) + eps), one row of D. "Root Mean Square Layer Normalization", Zhang and Sennrich 2019, eq. 4. y may be x.
    void (*rms_norm)(const float* x, const float* w, float eps, float* y, std::size_t D) noexcept;

    /// Rotates pairs (2i, 2i + 1) of each of n heads of E elements in place; cosine and sine [rotated/2]; elements from `rotated` on stay.
    void (*rope_interleaved)(float* x, std::size_t n_heads, std::size_t E, const float* cosine, const float* sine, std::size_t rotated) noexcept;

    void (*silu_mul)(const float* gate, const float* up, float* y, std::size_t n) noexcept;  // y = silu(gate)·up; y may be gate
    void (*add)(const float* x, float* y, std::size_t n) noexcept;                           // y += x

    /// Stores key and value [E] of one position of one KV head, in f16 or f32, in the layout of attention_task.
    void (*append_kv_f16)(const float* k, const float* v, std::size_t position, std::size_t E, void* k_cache, void* v_cache) noexcept;
    void (*append_kv_f32)(const float* k, const float* v, std::size_t position, std::size_t E, void* k_cache, void* v_cache) noexcept;

    void (*attention_f16)(const attention_task&) noexcept;
    void (*attention_f32)(const attention_task&) noexcept;

    /// Joins n_splits partial results [n_splits, E + 2] (`split_stride` floats apart), in index order, into out[E] = Σ p·v / Σ p.
    void (*merge_attention)(const float* partials, std::size_t n_splits, std::size_t split_stride, std::size_t E, float* out) noexcept;

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
