#pragma once

#include <kernels/table.hpp>

#include "kv_cache.hpp"
#include "rows.hpp"

// Attention over one split of the cached positions. A row is one query token's head. All rows of a task meet a tile of 64 positions before the next:
// its keys and values are decoded once, in parts of 16 KiB, and each vector of them serves several rows from registers.
// A row's numbers are one chain that knows nothing of the rows beside it: scores with e ascending, scaled; the tile's maximum and sum by fixed trees;
// values with the position ascending; tiles counted from position 0. "Online normalizer calculation for softmax", Milakov and Gimelshein 2018.

namespace plume::kernels::cpu {

/// Lane r of the result is the reduction of 16 floats at p + 16·r, by reduce_add's tree; p is aligned.
template <class A>
PLUME_INLINE typename A::f32 reduce_add_rows(const float* p) noexcept {
    if constexpr (requires { A::reduce_add_rows(p); }) {
        return A::reduce_add_rows(p);
    } else {
        float r[16];
        for (std::size_t i = 0; i < 16; ++i) r[i] = A::reduce_add(A::load(p + 16 * i));
        return A::load(r);
    }
}
template <class A>
PLUME_INLINE typename A::f32 reduce_max_rows(const float* p) noexcept {
    if constexpr (requires { A::reduce_max_rows(p); }) {
        return A::reduce_max_rows(p);
    } else {
        float r[16];
        for (std::size_t i = 0; i < 16; ++i) r[i] = A::reduce_max(A::load(p + 16 * i));
        return A::load(r);
    }
}

/// score[r][position] for R rows and J groups of 16 positions: the chains over elements [0, n) of a part, begun or continued; the last one scales.
template <class A, bool On, int R, int J>
[[gnu::noinline]] void scores(const float* const* q, const float* keys, std::size_t n, float* score, bool begin, bool end, float scale,
                              prefetching<On> ahead) noexcept {
    typename A::f32 acc[R][J];
    const float*    row[R];
    unrolled<R>([&](int r) PLUME_INLINE_LAMBDA {
        row[r] = q[r];
        unrolled<J>([&](int j) PLUME_INLINE_LAMBDA { acc[r][j] = begin ? A::set1(0) : A::load(score + attention_tile * r + 16 * j); });
    });
    for (std::size_t e = 0; e < n; ++e, keys += attention_tile) {
        ahead.next();
        typename A::f32 k[J];
        unrolled<J>([&](int j) PLUME_INLINE_LAMBDA { k[j] = A::load(keys + 16 * j); });
        unrolled<R>([&](int r) PLUME_INLINE_LAMBDA {
            const auto x = A::set1(row[r][e]);
            unrolled<J>([&](int j) PLUME_INLINE_LAMBDA { acc[r][j] = A::fma(k[j], x, acc[r][j]); });
        });
    }
    const auto factor = A::set1(scale);
    unrolled<R>([&](int r) PLUME_INLINE_LAMBDA {
        unrolled<J>([&](int j) PLUME_INLINE_LAMBDA {
            auto& x = acc[r][j];
            A::store(score + attention_tile * r + 16 * j, end ? A::mul(x, factor) : x);
        });
    });
}

/// out[r][c] = out[r][c] · correction[r] + Σ p[r][s] · values[s][c] over n positions, ascending, for R rows and C groups of 16 channels; where C is 1
/// there may be fewer channels.
template <class A, bool On, int R, int C>
[[gnu::noinline]] void weigh(const float* p, const float* values, std::size_t n, float* const* out, std::size_t channel, std::size_t channels,
                             const float* correction, prefetching<On> ahead) noexcept {
    typename A::f32 acc[R][C];
    const auto      at = [&](int r, int c) PLUME_INLINE_LAMBDA { return out[r] + channel + 16 * c; };
    unrolled<R>([&](int r) PLUME_INLINE_LAMBDA {
        unrolled<C>([&](int c) PLUME_INLINE_LAMBDA { acc[r][c] = A::mul(C == 1 ? A::load_n(at(r, c), channels) : A::load(at(r, c)), A::set1(correction[r])); });
    });
    for (std::size_t s = 0; s < n; ++s, values += part_width) {
        ahead.next();
        typename A::f32 v[C];
        unrolled<C>([&](int c) PLUME_INLINE_LAMBDA { v[c] = A::load(values + 16 * c); });
        unrolled<R>([&](int r) PLUME_INLINE_LAMBDA {
            const auto x = A::set1(p[attention_tile * r + s]);
            unrolled<C>([&](int c) PLUME_INLINE_LAMBDA { acc[r][c] = A::fma(x, v[c], acc[r][c]); });
        });
    }
    unrolled<R>([&](int r) PLUME_INLINE_LAMBDA {
        unrolled<C>([&](int c) PLUME_INLINE_LAMBDA {
            if constexpr (C == 1)
                A::store_n(at(r, c), acc[r][c], channels);
            else
                A::store(at(r, c), acc[r][c]);
        });
    });
}

/// Up to 64 rows of a task.
template <class A>
struct attention_pass {
    using f32 = typename A::f32;

    const attention_task& task;
    std::size_t           n_rows;
    alignas(64) float score[attention_rows * attention_tile];  // [row][position]: scores, then probabilities
    alignas(64) float part[attention_tile * part_width];       // decoded keys or values
    alignas(64) float m[attention_rows], l[attention_rows], correction[attention_rows];
    const float* q[attention_rows];
    float*       out[attention_rows];
    std::size_t  first[attention_rows], end[attention_rows];  // the positions a row sees in this split

    attention_pass(const attention_task& t, std::size_t from, std::size_t n) noexcept : task(t), n_rows(n), part{} {
        for (std::size_t r = 0; r < n; ++r) {
            const std::size_t token = (from + r) / t.G, head = (from + r) % t.G, sees = t.position + token + 1, split_end = t.begin + attention_split;
            q[r]     = t.q + token * t.q_token_stride + head * t.q_stride;
            out[r]   = t.out + token * t.out_token_stride + head * partial_floats(t.E);
            first[r] = t.window != 0 && sees > t.window && sees - t.window > t.begin ? sees - t.window : t.begin;
            end[r]   = sees < split_end ? sees : split_end;
            if (first[r] > end[r]) first[r] = end[r];
            for (std::size_t e = 0; e < t.E; ++e) out[r][e] = 0;
        }
        for (std::size_t r = 0; r < attention_rows; ++r) m[r] = -__builtin_inff(), l[r] = correction[r] = 0;
    }

    template <class Cache>
    void run() noexcept {
        const std::size_t start = first[0] > task.begin ? first[0] / attention_tile * attention_tile : task.begin;
        for (std::size_t position = start, a = 0, b = 0; position < end[n_rows - 1]; position += attention_tile) {
            while (a < n_rows && end[a] <= position) ++a;                    // neither ends nor beginnings decrease from row to row: the rows that see
            while (b < n_rows && first[b] < position + attention_tile) ++b;  // something of this tile are [a, b)
            if (a >= b) continue;
            if (b - a <= A::attention_rows)
                tile<Cache, true>(position, a, b);
            else
                tile<Cache, false>(position, a, b);
        }
        for (std::size_t r = 0; r < n_rows; ++r) out[r][task.E] = m[r], out[r][task.E + 1] = l[r];
    }

private:
    /// Rows [a, b) meet the tile at `position`. With few rows, as in decode, all of it comes from memory: so that nobody waits, the next tile's lines
    /// are asked for evenly, half of a part's while the same part of this tile is decoded, half while it is used.
    template <class Cache, bool Ahead>
    PLUME_INLINE void tile(std::size_t position, std::size_t a, std::size_t b) noexcept {
        const std::size_t tile_bytes = Cache::tile_bytes(task.E), step = tile_bytes * part_width / (128 * task.E), n = seen_before(b - 1, position);
        const auto        piece = [&](const void* data, std::size_t at)
                               PLUME_INLINE_LAMBDA { return static_cast<const char*>(data) + at / kv::piece_positions * task.piece_stride; };
        const auto next = [&](const void* data, std::size_t from, std::size_t half) PLUME_INLINE_LAMBDA {
            const std::size_t after = position + attention_tile, in_piece = after % kv::piece_positions / attention_tile * tile_bytes;
            return prefetching<Ahead>{piece(data, after) + in_piece + step * (2 * from + 64 * half), step};
        };
        const std::size_t local = position % kv::piece_positions;
        for (std::size_t e = 0; e < task.E; e += part_width) {
            const std::size_t width = task.E - e < part_width ? task.E - e : part_width;
            Cache::keys({piece(task.k, position), local, n, e, width, task.E}, part, next(task.k, e, 0));
            in_blocks(a, b, [&](std::size_t r, auto count) PLUME_INLINE_LAMBDA {
                score_block<Ahead, decltype(count)::value>(r, position, e, width, next(task.k, e, 1));
            });
        }
        if (task.soft_cap != 0) soft_cap<A>(task.soft_cap, score + attention_tile * a, attention_tile * (b - a));
        for (std::size_t r = a; r < b; r += 16) {
            const std::size_t count = b - r < 16 ? b - r : 16;
            if (unseen(r + count - 1, position) == 0 && seen_before(r, position) == attention_tile)
                soften<true>(r, count, position);
            else
                soften<false>(r, count, position);
        }
        for (std::size_t c = 0; c < task.E; c += part_width) {
            const std::size_t width = task.E - c < part_width ? task.E - c : part_width;
            Cache::values({piece(task.v, position), local, n, c, width, task.E}, part, next(task.v, c, 0));
            in_blocks(a, b, [&](std::size_t r, auto count) PLUME_INLINE_LAMBDA {
                weigh_block<Ahead, decltype(count)::value>(r, position, c, width, next(task.v, c, 1));
            });
        }
    }

    /// Positions of the tile that a row does not see yet, and those up to its end.
    PLUME_INLINE std::size_t unseen(std::size_t r, std::size_t position) const noexcept { return first[r] > position ? first[r] - position : 0; }
    PLUME_INLINE std::size_t seen_before(std::size_t r, std::size_t position) const noexcept {
        return end[r] - position < attention_tile ? end[r] - position : attention_tile;
    }

    /// f(row, index<count>) for rows [a, b) in blocks of equal size, as far as that goes.
    template <class F>
    PLUME_INLINE static void in_blocks(std::size_t a, std::size_t b, F&& f) noexcept {
        constexpr std::size_t most   = A::attention_rows;
        const std::size_t     blocks = (b - a + most - 1) / most, size = (b - a + blocks - 1) / blocks;
        for (; a < b; a += size) {
            const std::size_t n = b - a < size ? b - a : size;
            unrolled<A::attention_rows>([&](auto i) PLUME_INLINE_LAMBDA {
                if (n == i.value + 1) f(a, index<i.value + 1>{});
            });
        }
    }

    template <bool On, int R>
    PLUME_INLINE void score_block(std::size_t r, std::size_t position, std::size_t e, std::size_t width, prefetching<On> ahead) noexcept {
        const float* from[R];
        unrolled<R>([&](int i) PLUME_INLINE_LAMBDA { from[i] = q[r + static_cast<std::size_t>(i)] + e; });
        constexpr int     J      = A::score_groups;
        const std::size_t groups = (seen_before(r + R - 1, position) + 15) / 16;
        const auto        some   = [&]<int N>(index<N>, std::size_t j) PLUME_INLINE_LAMBDA {
            scores<A, On, R, N>(from, part + 16 * j, width, score + attention_tile * r + 16 * j, e == 0, e + width == task.E, task.scale, ahead);
        };
        if (J == 4 && groups <= 2) return some(index<2>{}, 0);
        for (std::size_t j = 0; j < groups; j += J) some(index<J>{}, j);
    }

    /// Probabilities of n <= 16 rows against the new maximum, and the factor for what was summed before. Whole: they see all of the tile.
    template <bool Whole>
    void soften(std::size_t r, std::size_t n, std::size_t position) noexcept {
        alignas(64) float sums[16 * 16] = {};
        for (std::size_t i = 0; i < n; ++i) {
            float* s = score + attention_tile * (r + i);
            if (!Whole) fill_unseen(r + i, position, -__builtin_inff());
            A::store(sums + 16 * i, A::max(A::max(A::load(s), A::load(s + 16)), A::max(A::load(s + 32), A::load(s + 48))));
        }
        const f32 m_old = A::load_n(m + r, n), m_new = A::max(m_old, reduce_max_rows<A>(sums)), factor = exp<A>(A::sub(m_old, m_new));
        A::store_n(m + r, m_new, n);
        A::store_n(correction + r, factor, n);
        for (std::size_t i = 0; i < n; ++i) {
            float*      s       = score + attention_tile * (r + i);
            const float maximum = m[r + i];
            if (!Whole) fill_unseen(r + i, position, maximum);  // the exponential of -infinity is slow
            unrolled<4>([&](auto j)
                            PLUME_INLINE_LAMBDA { A::store(s + 16 * j.value, exp_of_negative<A>(A::sub(A::load(s + 16 * j.value), A::set1(maximum)))); });
            if (!Whole) fill_unseen(r + i, position, 0);
            A::store(sums + 16 * i, A::add(A::add(A::load(s), A::load(s + 16)), A::add(A::load(s + 32), A::load(s + 48))));
        }
        A::store_n(l + r, A::fma(A::load_n(l + r, n), factor, reduce_add_rows<A>(sums)), n);
    }
    PLUME_INLINE void fill_unseen(std::size_t r, std::size_t position, float x) noexcept {
        float*            s     = score + attention_tile * r;
        const std::size_t begin = unseen(r, position), n = seen_before(r, position);
        for (std::size_t i = 0; i < begin; ++i) s[i] = x;
        for (std::size_t i = n; i < attention_tile; ++i) s[i] = x;
    }

    template <bool On, int R>
    PLUME_INLINE void weigh_block(std::size_t r, std::size_t position, std::size_t channel, std::size_t width, prefetching<On> ahead) noexcept {
        // All rows see [begin, end); some see a few positions before or after.
        std::size_t begin = unseen(r + R - 1, position), until = seen_before(r, position);
        if (begin >= until) begin = until = attention_tile;  // nothing in common: each row by itself
        float factor[R];
        unrolled<R>([&](auto i) PLUME_INLINE_LAMBDA {
            const std::size_t row = r + i.value, from = unseen(row, position), to = seen_before(row, position), stop = to < begin ? to : begin;
            factor[i.value] = correction[row];
            if (from < stop) weigh_rows<On, 1>(row, from, stop, channel, width, factor + i.value, ahead), factor[i.value] = 1;
        });
        if (begin < until) weigh_rows<On, R>(r, begin, until, channel, width, factor, ahead);
        unrolled<R>([&](auto i) PLUME_INLINE_LAMBDA {
            const float       one = 1;
            const std::size_t to  = seen_before(r + i.value, position);
            if (until < to) weigh_rows<On, 1>(r + i.value, until, to, channel, width, &one, ahead);
        });
    }
    template <bool On, int R>
    PLUME_INLINE void weigh_rows(std::size_t r, std::size_t begin, std::size_t until, std::size_t channel, std::size_t width, const float* factor,
                                 prefetching<On> ahead) noexcept {
        const auto some = [&]<int C>(index<C>, std::size_t c) PLUME_INLINE_LAMBDA {
            weigh<A, On, R, C>(score + attention_tile * r + begin, part + part_width * begin + c, until - begin, out + r, channel + c,
                               width - c < 16 ? width - c : 16, factor, ahead);
        };
        constexpr int C = A::value_groups;
        std::size_t   c = 0;
        for (; C > 1 && c + 16 * C <= width; c += 16 * C) some(index<C>{}, c);
        if constexpr (C > 2)
            if (c + 32 <= width) some(index<2>{}, c), c += 32;
        for (; c < width; c += 16) some(index<1>{}, c);
    }
};

template <class A, class Cache>
void attention(const attention_task& task) noexcept {
    const std::size_t rows = task.T * task.G;
    for (std::size_t r = 0; r < rows; r += attention_rows)
        attention_pass<A>(task, r, rows - r < attention_rows ? rows - r : attention_rows).template run<Cache>();
}

/// Partial i weighs exp(m_i - m), m the largest of their maximums; the sink comes last.
template <class A>
void merge_attention(const float* partials, std::size_t n_splits, std::size_t split_stride, std::size_t E, const float* sink, float* out) noexcept {
    using f32 = typename A::f32;
    f32 m = A::set1(-__builtin_inff()), l = A::set1(0);
    for (std::size_t i = 0; i < n_splits; ++i) m = A::max(m, A::set1(partials[i * split_stride + E]));
    if (sink != nullptr) m = A::max(m, A::set1(*sink));
    for (std::size_t i = 0; i < n_splits; ++i) {
        const float* part   = partials + i * split_stride;
        const f32    weight = exp<A>(A::sub(A::set1(part[E]), m));
        l                   = A::fma(weight, A::set1(part[E + 1]), l);
        for (std::size_t e = 0; e < E; e += 16) {
            const std::size_t n = E - e;
            A::store_n(out + e, A::fma(weight, A::load_n(part + e, n), i == 0 ? A::set1(0) : A::load_n(out + e, n)), n < 16 ? n : 16);
        }
    }
    if (sink != nullptr) l = A::add(l, exp<A>(A::sub(A::set1(*sink), m)));
    for (std::size_t e = 0; e < E; e += 16) A::store_n(out + e, A::div(A::load_n(out + e, E - e), l), E - e < 16 ? E - e : 16);
}

}  // namespace plume::kernels::cpu
