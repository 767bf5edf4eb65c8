#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "blocks_256.hpp"

// Encoding formats whose weights come four or eight at a time from a grid.
//
// For a scale s the best entry of a chunk is found exactly. What a weight costs at each level is tabulated, then what each half of a chunk costs with each
// combination of levels: an entry's cost is the sum of two numbers. Entries are grouped by their upper half, and an upper half that is already too dear with
// the cheapest lower one is left out. Where the eighth sign follows from the other seven, each half also has the costs with one sign against the weights', and
// an odd number of minus signs takes one half of that kind; that is exact too, since three wrong signs never cost less than one.
//
// For the entries found, the best scale is closed-form, as in search.hpp, and so is the block's d for all entries and integers.

namespace plume::quant {

/// What gives a weight its sign: one bit for each; the same, but the number of minus signs in eight is even; or its level itself, shifted up or down.
enum class grid_signs : std::uint8_t { own, even, shift };

/// The entries of a grid by their upper halves: those with the upper half h are [begin[h], begin[h + 1]).
template <class Grid>
struct grid_index {
    static_assert(std::is_sorted(std::begin(Grid::words), std::end(Grid::words)));
    static constexpr unsigned                              half_bits = Grid::bits * Grid::chunk / 2, halves = 1u << half_bits, mask = halves - 1;
    static constexpr std::array<std::uint16_t, halves + 1> begin = [] {
        std::array<std::uint16_t, halves + 1> all{};
        for (const auto word : Grid::words) ++all[(word >> half_bits) + 1u];
        for (std::size_t h = 0; h < halves; ++h) all[h + 1] = static_cast<std::uint16_t>(all[h + 1] + all[h]);
        return all;
    }();

    /// The entry of this word, or the number of entries.
    [[nodiscard]] static std::size_t find(unsigned word) noexcept {
        for (std::size_t i = begin[word >> half_bits]; i < begin[(word >> half_bits) + 1]; ++i)
            if (Grid::words[i] == word) return i;
        return std::size(Grid::words);
    }
};

/// What half a chunk costs with each combination of levels, and the least of it.
template <unsigned Bits>
struct half_costs {
    alignas(16) std::array<float, std::size_t{1} << Bits> of;
    float least;
};

inline constexpr float too_dear = 1e30f;  // of a level that no entry has

inline void                store4(float* to, f4 x) noexcept { std::memcpy(to, &x, sizeof x); }
[[nodiscard]] inline float least4(f4 x) noexcept { return std::min(std::min(x[0], x[1]), std::min(x[2], x[3])); }

/// to[i + N·j] = a[i] + b[j]; and with one of the two odd, the smaller of both ways.
template <std::size_t N, std::size_t M>
void add_tables(const float* a, const float* b, float* to) noexcept {
    for (std::size_t j = 0; j < M; ++j)
        for (std::size_t i = 0; i < N; i += 4) store4(to + N * j + i, load4(a + i) + all4(b[j]));
}
template <std::size_t N, std::size_t M>
void add_tables_one_odd(const float* a, const float* odd_a, const float* b, const float* odd_b, float* to) noexcept {
    for (std::size_t j = 0; j < M; ++j)
        for (std::size_t i = 0; i < N; i += 4) store4(to + N * j + i, smaller4(load4(odd_a + i) + all4(b[j]), load4(a + i) + all4(odd_b[j])));
}

/// What a weight costs at each level.
template <class Grid>
using level_costs = std::array<float, std::size_t{1} << Grid::bits>;

/// The costs of half a chunk, from those of its weights; with one of them on the other side of zero (flipped) where `Odd`.
template <class Grid, bool Odd>
void tabulate(const level_costs<Grid>* level, const level_costs<Grid>* flipped, half_costs<Grid::bits * Grid::chunk / 2>& out) noexcept {
    constexpr std::size_t n = std::size_t{1} << Grid::bits;
    if constexpr (Grid::chunk == 4) {
        if constexpr (Odd)
            add_tables_one_odd<n, n>(level[0].data(), flipped[0].data(), level[1].data(), flipped[1].data(), out.of.data());
        else
            add_tables<n, n>(level[0].data(), level[1].data(), out.of.data());
    } else {
        alignas(16) float low[n * n], high[n * n];
        add_tables<n, n>(level[0].data(), level[1].data(), low);
        add_tables<n, n>(level[2].data(), level[3].data(), high);
        if constexpr (Odd) {
            alignas(16) float odd_low[n * n], odd_high[n * n];
            add_tables_one_odd<n, n>(level[0].data(), flipped[0].data(), level[1].data(), flipped[1].data(), odd_low);
            add_tables_one_odd<n, n>(level[2].data(), flipped[2].data(), level[3].data(), flipped[3].data(), odd_high);
            add_tables_one_odd<n * n, n * n>(low, odd_low, high, odd_high, out.of.data());
        } else {
            add_tables<n * n, n * n>(low, high, out.of.data());
        }
    }
    f4 least = all4(too_dear);
    for (std::size_t i = 0; i < out.of.size(); i += 4) least = smaller4(load4(&out.of[i]), least);
    out.least = least4(least);
}

struct grid_pick {
    float       cost  = std::numeric_limits<float>::max();
    std::size_t entry = 0;
};

[[nodiscard]] inline bool any4(i4 x) noexcept {
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(x);
    return (halves[0] | halves[1]) != 0;
}

/// The entry of least cost: sum(l, h) is what the halves l and h cost together, bounds[h] what no sum with h is below. `first`: where a cheap one may be.
template <class Grid, class Sum>
[[nodiscard]] grid_pick least_entry(const Sum& sum, const std::array<float, grid_index<Grid>::halves>& bounds, std::size_t first) noexcept {
    using index = grid_index<Grid>;
    grid_pick  best;
    const auto scan = [&](std::size_t h) {
        for (std::size_t i = index::begin[h]; i < index::begin[h + 1]; ++i) {
            const float cost = sum(Grid::words[i] & index::mask, h);
            if (cost < best.cost) best = {cost, i};
        }
    };
    scan(first);
    for (std::size_t h = 0; h < index::halves; h += 4) {
        if (!any4(load4(&bounds[h]) < all4(best.cost))) continue;
        for (std::size_t one = h; one < h + 4; ++one)
            if (bounds[one] < best.cost && one != first) scan(one);
    }
    return best;
}

/// The costs of one chunk's halves.
template <class Grid>
struct chunk_costs {
    half_costs<Grid::bits * Grid::chunk / 2> low, high, odd_low, odd_high;

    void fill(const level_costs<Grid>* level) noexcept {
        tabulate<Grid, false>(level, nullptr, low);
        tabulate<Grid, false>(level + Grid::chunk / 2, nullptr, high);
    }
    void fill_odd(const level_costs<Grid>* level, const level_costs<Grid>* flipped) noexcept {
        tabulate<Grid, true>(level, flipped, odd_low);
        tabulate<Grid, true>(level + Grid::chunk / 2, flipped + Grid::chunk / 2, odd_high);
    }
    /// `first`: an upper half that may be a good one.
    [[nodiscard]] grid_pick even(std::size_t first) const noexcept {
        std::array<float, grid_index<Grid>::halves> bounds;
        for (std::size_t h = 0; h < bounds.size(); h += 4) store4(&bounds[h], load4(&high.of[h]) + all4(low.least));
        return least_entry<Grid>([&](std::size_t l, std::size_t h) { return low.of[l] + high.of[h]; }, bounds, first);
    }
    /// With one weight on the wrong side of zero.
    [[nodiscard]] grid_pick odd(std::size_t first) const noexcept {
        std::array<float, grid_index<Grid>::halves> bounds;
        for (std::size_t h = 0; h < bounds.size(); h += 4)
            store4(&bounds[h], smaller4(load4(&high.of[h]) + all4(odd_low.least), load4(&odd_high.of[h]) + all4(low.least)));
        return least_entry<Grid>([&](std::size_t l, std::size_t h) { return std::min(odd_low.of[l] + high.of[h], low.of[l] + odd_high.of[h]); }, bounds, first);
    }
};

/// What N weights become for one scale: an entry for each chunk, and for every eight weights their signs, or their shift. w[i] ≈ scale·q[i].
template <class Grid, std::size_t N>
struct grid_fit {
    std::array<std::uint16_t, N / Grid::chunk> entry{};
    std::array<std::uint8_t, N / 8>            signs{};
    float                                      xq = 0, qq = 0, error = 0;  // Σ v·w·q, Σ v·q², Σ v·(w - scale·q)²

    void add(const grid_fit<Grid, 8>& part, std::size_t at) noexcept {
        for (std::size_t i = 0; i < part.entry.size(); ++i) entry[at / Grid::chunk + i] = part.entry[i];
        signs[at / 8] = part.signs[0];
        xq += part.xq, qq += part.qq, error += part.error;
    }
};

/// The levels nearest to four numbers.
template <class Grid>
[[nodiscard]] i4 nearest_levels(f4 y, std::size_t shift) noexcept {
    i4 level{};
    for (std::size_t l = 1; l < Grid::n_levels; ++l) level -= y > all4((Grid::values[shift][l - 1] + Grid::values[shift][l]) / 2);
    return level;
}

/// Chooses the entries of eight weights x with the costs v.
template <class Grid>
class eight_weights {
public:
    eight_weights(const float* x, const float* v, float scale, std::size_t shift) noexcept : v_(v), scale_(scale), shift_(shift) {
        for (std::size_t i = 0; i < 8; ++i) {
            const bool minus = Grid::signs != grid_signs::shift && x[i] < 0;
            signs_ |= static_cast<unsigned>(minus) << i;
            x_[i] = minus ? -x[i] : x[i];
        }
        odd_               = Grid::signs == grid_signs::even && std::popcount(signs_) % 2 != 0;
        const f4   inverse = all4(inverse_of(scale));
        const auto levels  = std::bit_cast<std::array<std::uint32_t, 8>>(
            std::array<i4, 2>{nearest_levels<Grid>(load4(&x_[0]) * inverse, shift), nearest_levels<Grid>(load4(&x_[4]) * inverse, shift)});
        for (std::size_t i = 0; i < 8; ++i) nearest_[i / Grid::chunk] |= levels[i] << Grid::bits * (i % Grid::chunk);
    }

    [[nodiscard]] grid_fit<Grid, 8> fit() noexcept {
        std::array<std::size_t, parts> even;
        std::array<float, parts>       cost{};
        std::size_t                    at = 0, odd = 0;
        float                          least = std::numeric_limits<float>::max();
        for (std::size_t p = 0; p < parts; ++p) {
            even[p]          = grid_index<Grid>::find(nearest_[p]);  // nothing is cheaper than the nearest levels, where they are an entry
            const bool there = even[p] != std::size(Grid::words);
            if (there && !odd_) continue;
            chunk_costs<Grid> costs;
            tabulate_weights(p);
            costs.fill(&level_[p * Grid::chunk]);
            const std::size_t first = nearest_[p] >> grid_index<Grid>::half_bits;
            if (!there && (!odd_ || parts > 1)) {
                const auto pick = costs.even(first);
                even[p] = pick.entry, cost[p] = pick.cost;
            }
            if (!odd_) continue;
            costs.fill_odd(&level_[p * Grid::chunk], &flipped_[p * Grid::chunk]);
            const auto pick = costs.odd(first);
            if (there) cost[p] = costs.low.of[nearest_[p] & grid_index<Grid>::mask] + costs.high.of[first];
            const float more = pick.cost - cost[p];
            if (p == 0 || more < least) least = more, at = p, odd = pick.entry;
        }
        if (odd_) even[at] = odd;  // one chunk of them is
        return of(even);
    }

private:
    static constexpr std::size_t n_tabulated = std::size_t{1} << Grid::bits, parts = 8 / Grid::chunk;

    void tabulate_weights(std::size_t part) noexcept {
        for (std::size_t i = part * Grid::chunk; i < (part + 1) * Grid::chunk; ++i)
            for (std::size_t l = 0; l < n_tabulated; l += 4) {
                const f4 q = load4(&Grid::values[shift_][l]) * all4(scale_), beside = all4(x_[i]) - q, across = all4(x_[i]) + q;
                store4(&level_[i][l], all4(v_[i]) * beside * beside);
                if (odd_) store4(&flipped_[i][l], all4(v_[i]) * across * across);
            }
        for (std::size_t i = part * Grid::chunk; i < (part + 1) * Grid::chunk; ++i)
            for (std::size_t l = Grid::n_levels; l < n_tabulated; ++l) level_[i][l] = flipped_[i][l] = too_dear;
    }

    [[nodiscard]] grid_fit<Grid, 8> of(const std::array<std::size_t, parts>& entry) const noexcept {
        grid_fit<Grid, 8>                fit;
        alignas(16) std::array<float, 8> q;
        for (std::size_t p = 0; p < parts; ++p) {
            fit.entry[p] = static_cast<std::uint16_t>(entry[p]);
            for (std::size_t i = 0; i < Grid::chunk; ++i)
                q[p * Grid::chunk + i] = Grid::values[shift_][Grid::words[entry[p]] >> Grid::bits * i & (n_tabulated - 1)];
        }
        unsigned signs = signs_;
        if (odd_) {  // the sign that is wrong is the one that costs least
            std::size_t least = 0;
            for (std::size_t i = 1; i < 8; ++i)
                if (v_[i] * x_[i] * q[i] < v_[least] * x_[least] * q[least]) least = i;
            signs ^= 1u << least;
            q[least] = -q[least];
        }
        f4 xq{}, qq{}, error{};
        for (std::size_t i = 0; i < 8; i += 4) {
            const f4 v = load4(v_ + i), x = load4(&x_[i]), code = load4(&q[i]), off = x - all4(scale_) * code;
            xq += v * x * code, qq += v * code * code, error += v * off * off;
        }
        fit.xq = sum4(xq), fit.qq = sum4(qq), fit.error = sum4(error);
        fit.signs[0] = u8(Grid::signs == grid_signs::shift ? shift_ : signs);
        return fit;
    }

    alignas(16) std::array<float, 8> x_;  // magnitudes, where a format has signs
    const float*                     v_;
    float                            scale_;
    std::size_t                      shift_;
    unsigned                         signs_ = 0;
    bool                             odd_   = false;
    std::array<unsigned, parts>      nearest_{};
    std::array<level_costs<Grid>, 8> level_, flipped_;
};

/// The best entries for a scale.
template <class Grid, std::size_t N>
[[nodiscard]] grid_fit<Grid, N> fit_grid(const costed<N>& c, float scale) noexcept {
    constexpr std::size_t shifts = std::size(Grid::values);
    const auto            eight  = [&](std::size_t at, std::size_t shift) { return eight_weights<Grid>(&c.x[at], &c.v[at], scale, shift).fit(); };
    const auto            less   = [](const auto& a, const auto& b) { return a.error < b.error; };
    std::array<grid_fit<Grid, N>, shifts> fits;
    for (std::size_t at = 0; at < N; at += 8) {
        if constexpr (shifts > 1 && Grid::shift_of_eight) {
            fits[0].add(std::min(eight(at, 0), eight(at, 1), less), at);
        } else {
            for (std::size_t shift = 0; shift < shifts; ++shift) fits[shift].add(eight(at, shift), at);
        }
    }
    return shifts == 1 || Grid::shift_of_eight ? fits[0] : *std::min_element(fits.begin(), fits.end(), less);
}

/// What N weights cost when each becomes the level nearest to it, whether a grid has them so or not.
template <class Grid, std::size_t N>
[[nodiscard]] float cost_without_grid(const costed<N>& c, float scale) noexcept {
    static_assert(Grid::signs != grid_signs::shift);
    constexpr auto& value   = Grid::values[0];
    const f4        inverse = all4(inverse_of(scale));
    f4              sum{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 w = load4(&c.x[i]), x = larger4(w, -w), y = x * inverse;
        f4       q = all4(value[0]);
        for (std::size_t l = 1; l < Grid::n_levels; ++l) {
            const i4 above = y > all4((value[l - 1] + value[l]) / 2);
            q += std::bit_cast<f4>(above & std::bit_cast<i4>(all4(value[l] - value[l - 1])));
        }
        const f4 off = x - all4(scale) * q;
        sum += load4(&c.v[i]) * off * off;
    }
    return sum4(sum);
}

/// The scales to try for a group: all of Grid::starts, or those that look best without a grid.
template <class Grid, std::size_t N>
[[nodiscard]] std::array<float, Grid::n_tried> grid_starts(const costed<N>& c, float peak) noexcept {
    std::array<float, Grid::n_tried> scales{}, costs;
    costs.fill(std::numeric_limits<float>::max());
    for (std::size_t i = 0; i < std::size(Grid::starts); ++i) {
        float scale = peak / (Grid::largest * Grid::starts[i]);
        if constexpr (Grid::n_tried == std::size(Grid::starts)) {
            scales[i] = scale;
        } else {
            float cost = cost_without_grid<Grid>(c, scale);
            for (std::size_t k = 0; k < scales.size(); ++k)
                if (cost < costs[k]) std::swap(cost, costs[k]), std::swap(scale, scales[k]);
        }
    }
    return scales;
}

/// The scale of least error for a group by itself.
template <class Grid, std::size_t N>
[[nodiscard]] float best_grid_scale(const costed<N>& c) noexcept {
    const float peak = std::fabs(peak_of(std::span<const float, N>(c.x)));
    if (!(peak > 0) || !std::isfinite(peak)) return 0;
    float gain = 0, scale = 0;
    for (const float tried : grid_starts<Grid>(c, peak)) {
        const auto  fit   = fit_grid<Grid>(c, tried);
        const float found = fit.qq > 0 ? fit.xq / fit.qq * fit.xq : 0;
        if (fit.xq > 0 && found > gain) gain = found, scale = fit.xq / fit.qq;
    }
    return scale;
}

/// A block: d, and for each group its integer s, which stands for 2s + 1, and what its weights become.
template <class Grid>
struct grid_block {
    half                                                       d;
    std::array<int, 256 / Grid::group>                         sub{};
    std::array<grid_fit<Grid, Grid::group>, 256 / Grid::group> fit{};
    float                                                      error = 0;
};

template <class Grid>
using grid_groups = std::array<costed<Grid::group>, 256 / Grid::group>;

template <class Grid>
[[nodiscard]] grid_block<Grid> choose_grid_subs(const grid_groups<Grid>& groups, const std::array<float, 256 / Grid::group>& wanted, half d) noexcept {
    grid_block<Grid> b{.d = d};
    const float      unit = to_float(d) * Grid::unit, inverse = inverse_of(unit);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const float exact = (wanted[g] * inverse - 1) / 2;
        const int   below = std::min(nearest(exact - 0.5f, 0, Grid::most_sub), Grid::most_sub - 1);
        for (int sub = below; sub <= below + 1; ++sub) {
            const auto fit = fit_grid<Grid>(groups[g], unit * static_cast<float>(2 * sub + 1));
            if (sub == below || fit.error < b.fit[g].error) b.fit[g] = fit, b.sub[g] = sub;
        }
        b.error += b.fit[g].error;
    }
    return b;
}

/// d of least error for the entries and integers of b.
template <class Grid>
[[nodiscard]] half refit_grid_d(const grid_block<Grid>& b) noexcept {
    double xq = 0, qq = 0;
    for (std::size_t g = 0; g < b.sub.size(); ++g) {
        const double factor = 2 * b.sub[g] + 1;
        xq += factor * double{b.fit[g].xq}, qq += factor * factor * double{b.fit[g].qq};
    }
    return qq > 0 && xq > 0 ? finite_half(static_cast<float>(xq / qq) / Grid::unit) : b.d;
}

/// The same integers with another d, and entries for it.
template <class Grid>
[[nodiscard]] grid_block<Grid> with_grid_d(const grid_groups<Grid>& groups, const grid_block<Grid>& from, half d) noexcept {
    grid_block<Grid> b{.d = d, .sub = from.sub};
    const float      unit = to_float(d) * Grid::unit;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        b.fit[g] = fit_grid<Grid>(groups[g], unit * static_cast<float>(2 * b.sub[g] + 1));
        b.error += b.fit[g].error;
    }
    return b;
}

/// The whole search. (All starts, a refit of each group's scale and two integers a group for every d: up to 1.1 % less error for twice the time. Three
/// integers a group and three first d besides: another 0.1 to 0.4 % for half as much again.)
template <class Grid>
[[nodiscard]] grid_block<Grid> best_grid_block(const float* w, const float* importance) noexcept {
    const auto                           groups = groups_of<Grid::group>(w, importance);
    std::array<float, 256 / Grid::group> wanted;
    for (std::size_t g = 0; g < groups.size(); ++g) wanted[g] = best_grid_scale<Grid>(groups[g]);
    const float peak = *std::max_element(wanted.begin(), wanted.end());
    auto        best = choose_grid_subs<Grid>(groups, wanted, finite_half(peak / (Grid::unit * static_cast<float>(2 * Grid::most_sub + 1))));
    for (int i = 0; i < 2; ++i) {
        const auto tried = with_grid_d<Grid>(groups, best, refit_grid_d(best));
        if (!(tried.error < best.error)) break;
        best = tried;
    }
    return best;
}

/// Of the IQ3 formats: four weights an entry, eight magnitudes.
struct grid_of_four {
    static constexpr unsigned    bits  = 3;
    static constexpr std::size_t chunk = 4, n_levels = 8, group = 32;
    static constexpr int         most_sub       = 15;
    static constexpr bool        shift_of_eight = false;
    static constexpr float       starts[]       = {0.7f, 0.8f, 0.9f, 1.0f, 1.1f, 1.2f, 1.35f, 1.5f};
    static constexpr std::size_t n_tried        = 3;
};

/// Of the IQ2 formats: eight weights an entry, three magnitudes.
struct grid_of_eight {
    static constexpr unsigned    bits  = 2;
    static constexpr std::size_t chunk = 8, n_levels = 3;
    static constexpr int         most_sub       = 15;
    static constexpr bool        shift_of_eight = false;
    static constexpr float       values[1][4] = {{8, 25, 43, 0}}, largest = 43, unit = 0.125f;
    static constexpr float       starts[] = {0.7f, 0.8f, 0.9f, 1.0f, 1.1f, 1.2f, 1.35f, 1.5f};
    static constexpr std::size_t n_tried  = 3;
};

/// Of the IQ1 formats: eight weights an entry, -1, 0 or 1, all of them moved by an eighth.
struct grid_of_signs {
    static constexpr unsigned    bits  = 2;
    static constexpr std::size_t chunk = 8, n_levels = 3;
    static constexpr int         most_sub     = 7;
    static constexpr auto        signs        = grid_signs::shift;
    static constexpr float       values[2][4] = {{-7, 1, 9, 0}, {-9, -1, 7, 0}}, largest = 9, unit = 0.125f;
    static constexpr float       starts[] = {1.0f, 1.25f, 1.5f, 1.75f, 2.0f, 2.4f, 2.8f, 3.3f};
    static constexpr std::size_t n_tried  = std::size(starts);
};

}  // namespace plume::quant
