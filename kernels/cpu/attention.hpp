#pragma once

#include <kernels/table.hpp>

#include "exp.hpp"

namespace plume::kernels::cpu {

/// How the cache holds an element.
template <class A>
struct cache_f32 {
    using element = float;
    PLUME_INLINE static typename A::f32 load(const float* p) noexcept { return A::load(p); }
    PLUME_INLINE static typename A::f32 load_n(const float* p, std::size_t n) noexcept { return A::load_n(p, n); }
    PLUME_INLINE static void            store(float* p, typename A::f32 x) noexcept { A::store(p, x); }
};
template <class A>
struct cache_f16 {
    using element = std::uint16_t;
    PLUME_INLINE static typename A::f32 load(const element* p) noexcept { return A::load_f16(p); }
    PLUME_INLINE static typename A::f32 load_n(const element* p, std::size_t n) noexcept { return A::load_f16_n(p, n); }
    PLUME_INLINE static void            store(element* p, typename A::f32 x) noexcept { A::store_f16(p, x); }
};

/// Key into [S/16][E][16] at lane position % 16, value into [S][E].
template <class A, class Cache>
void append_kv(const float* k, const float* v, std::size_t position, std::size_t E, void* k_cache, void* v_cache) noexcept {
    using element   = typename Cache::element;
    element* keys   = static_cast<element*>(k_cache) + position / 16 * 16 * E + position % 16;
    element* values = static_cast<element*>(v_cache) + position * E;
    for (std::size_t e = 0; e < E; e += 16) {
        const std::size_t n = E - e < 16 ? E - e : 16;
        element           k16[16], v16[16];
        Cache::store(k16, A::load_n(k + e, n));
        Cache::store(v16, A::load_n(v + e, n));
        for (std::size_t i = 0; i < n; ++i) keys[16 * (e + i)] = k16[i], values[e + i] = v16[i];
    }
}

/// H heads at once: they share every load of K and V. Each head's numbers are the same whatever H is.
template <class A, class Cache, int H>
struct attention_heads {
    using f32                        = typename A::f32;
    using element                    = typename Cache::element;
    static constexpr int tile_groups = attention_tile / 16;

    const attention_task& task;
    std::size_t           head;                       // the first
    alignas(64) float score[H][attention_tile] = {};  // scores, then probabilities

    PLUME_INLINE const float* q(int h) const noexcept { return task.q + (head + h) * task.q_stride; }
    PLUME_INLINE float*       out(int h) const noexcept { return task.out + (head + h) * (task.E + 2); }

    /// score = scale · (q·k) for J groups of 16 positions from group j of the tile at `position`; e ascending.
    template <int J>
    PLUME_INLINE void scores(std::size_t position, int j) noexcept {
        const std::size_t E    = task.E;
        const element*    keys = static_cast<const element*>(task.k) + (position + 16 * j) * E;
        f32               acc[H][J];
        unrolled<H>([&](auto h) PLUME_INLINE_LAMBDA { unrolled<J>([&](auto i) PLUME_INLINE_LAMBDA { acc[h.value][i.value] = A::set1(0); }); });
        for (std::size_t e = 0; e < E; ++e)
            unrolled<J>([&](auto i) PLUME_INLINE_LAMBDA {
                const f32 k = Cache::load(keys + 16 * (i.value * E + e));
                unrolled<H>([&](auto h) PLUME_INLINE_LAMBDA { acc[h.value][i.value] = A::fma(k, A::set1(q(h.value)[e]), acc[h.value][i.value]); });
            });
        unrolled<H>([&](auto h) PLUME_INLINE_LAMBDA {
            unrolled<J>([&](auto i) PLUME_INLINE_LAMBDA { A::store(score[h.value] + 16 * (j + i.value), A::mul(acc[h.value][i.value], A::set1(task.scale))); });
        });
    }

    /// Probabilities of n <= 64 positions against the new maximum; returns the factor for what was summed before.
    PLUME_INLINE float soften(int h, std::size_t n) noexcept {
        const f32  lowest   = A::set1(-__builtin_inff());
        float&     m        = out(h)[task.E];
        float&     l        = out(h)[task.E + 1];
        f32        best     = lowest, group[tile_groups];
        const auto in_group = [&](int j)
                                  PLUME_INLINE_LAMBDA { return n <= 16 * static_cast<std::size_t>(j) ? std::size_t{0} : n - 16 * static_cast<std::size_t>(j); };
        unrolled<tile_groups>([&](auto j) PLUME_INLINE_LAMBDA {  // positions from n on may hold anything
            group[j.value] = A::keep_first(A::load(score[h] + 16 * j.value), in_group(j.value), -__builtin_inff());
            best           = A::max(best, group[j.value]);
        });
        const float m_new      = A::first(A::max(A::set1(m), A::set1(A::reduce_max(best))));
        const float correction = A::first(exp<A>(A::set1(m - m_new)));
        unrolled<tile_groups>([&](auto j) PLUME_INLINE_LAMBDA {
            group[j.value] = A::keep_first(exp<A>(A::sub(group[j.value], A::set1(m_new))), in_group(j.value), 0);
            A::store(score[h] + 16 * j.value, group[j.value]);
        });
        const float sum = A::reduce_add(A::add(A::add(group[0], group[1]), A::add(group[2], group[3])));
        m               = m_new;
        l               = A::first(A::fma(A::set1(l), A::set1(correction), A::set1(sum)));
        return correction;
    }

    /// out[e .. e + 16·C) = out · correction + Σ p·v over n positions, ascending. Tail: the last channels, fewer than 16.
    template <int C, bool Tail>
    PLUME_INLINE void values(const float* correction, std::size_t position, std::size_t n, std::size_t e) noexcept {
        const std::size_t E = task.E;
        const element*    v = static_cast<const element*>(task.v) + position * E + e;
        f32               acc[H][C];
        unrolled<H>([&](auto h) PLUME_INLINE_LAMBDA {
            unrolled<C>([&](auto c) PLUME_INLINE_LAMBDA {
                const float* p        = out(h.value) + e + 16 * c.value;
                acc[h.value][c.value] = A::mul(Tail ? A::load_n(p, E - e) : A::load(p), A::set1(correction[h.value]));
            });
        });
        for (std::size_t s = 0; s < n; ++s, v += E)
            unrolled<C>([&](auto c) PLUME_INLINE_LAMBDA {
                const f32 v16 = Tail ? Cache::load_n(v, E - e) : Cache::load(v + 16 * c.value);
                unrolled<H>([&](auto h) PLUME_INLINE_LAMBDA { acc[h.value][c.value] = A::fma(A::set1(score[h.value][s]), v16, acc[h.value][c.value]); });
            });
        unrolled<H>([&](auto h) PLUME_INLINE_LAMBDA {
            unrolled<C>([&](auto c) PLUME_INLINE_LAMBDA {
                float* p = out(h.value) + e + 16 * c.value;
                if constexpr (Tail)
                    A::store_n(p, acc[h.value][c.value], E - e);
                else
                    A::store(p, acc[h.value][c.value]);
            });
        });
    }

    /// "Online normalizer calculation for softmax", Milakov and Gimelshein 2018, in tiles of 64 positions counted from position 0.
    PLUME_INLINE void run() noexcept {
        for (int h = 0; h < H; ++h) {
            for (std::size_t e = 0; e < task.E; ++e) out(h)[e] = 0;
            out(h)[task.E]     = -__builtin_inff();
            out(h)[task.E + 1] = 0;
        }
        for (std::size_t position = task.begin; position < task.end; position += attention_tile) {
            const std::size_t n      = task.end - position < attention_tile ? task.end - position : attention_tile;
            const int         groups = static_cast<int>((n + 15) / 16);
            int               j      = 0;
            for (; j + A::score_groups <= groups; j += A::score_groups) scores<A::score_groups>(position, j);
            if constexpr (A::score_groups > 1)
                for (; j < groups; ++j) scores<1>(position, j);
            float correction[H];
            for (int h = 0; h < H; ++h) correction[h] = soften(h, n);
            std::size_t e = 0;
            for (; e + 16 * A::value_groups <= task.E; e += 16 * A::value_groups) values<A::value_groups, false>(correction, position, n, e);
            if constexpr (A::value_groups > 1)
                for (; e + 16 <= task.E; e += 16) values<1, false>(correction, position, n, e);
            if (e < task.E) values<1, true>(correction, position, n, e);
        }
    }
};

template <class A, class Cache>
void attention(const attention_task& task) noexcept {
    std::size_t head = 0;
    for (; head + A::heads <= task.G; head += A::heads) attention_heads<A, Cache, A::heads>{task, head}.run();
    if constexpr (A::heads > 2)
        for (; head + 2 <= task.G; head += 2) attention_heads<A, Cache, 2>{task, head}.run();
    if constexpr (A::heads > 1)
        for (; head < task.G; ++head) attention_heads<A, Cache, 1>{task, head}.run();
}

/// Partial i weighs exp(m_i - m), m the largest of their maximums.
template <class A>
void merge_attention(const float* partials, std::size_t n_splits, std::size_t split_stride, std::size_t E, float* out) noexcept {
    using f32 = typename A::f32;
    f32 m = A::set1(-__builtin_inff()), l = A::set1(0);
    for (std::size_t i = 0; i < n_splits; ++i) m = A::max(m, A::set1(partials[i * split_stride + E]));
    for (std::size_t i = 0; i < n_splits; ++i) {
        const float* part   = partials + i * split_stride;
        const f32    weight = exp<A>(A::sub(A::set1(part[E]), m));
        l                   = A::fma(weight, A::set1(part[E + 1]), l);
        for (std::size_t e = 0; e < E; e += 16) {
            const std::size_t n = E - e;
            A::store_n(out + e, A::fma(weight, A::load_n(part + e, n), i == 0 ? A::set1(0) : A::load_n(out + e, n)), n < 16 ? n : 16);
        }
    }
    for (std::size_t e = 0; e < E; e += 16) A::store_n(out + e, A::div(A::load_n(out + e, E - e), l), E - e < 16 ? E - e : 16);
}

}  // namespace plume::kernels::cpu
