#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "search.hpp"

// Encoding blocks of 256 weights whose groups have integer scales below one float scale. First each group's best scale on its own; then, for a few d, the best
// integers; then d by least squares for the codes and integers that were found, and integers again. The block's true error, with d as a half, decides.

namespace plume::quant {

/// w ≈ d·sub·q for G groups of N: d and the subs.
template <std::size_t G>
struct scaled_block {
    half               d;
    std::array<int, G> sub{};
    float              error = 0;
};

/// The best integers for this d, SubLow to SubHigh, and the error with them.
template <class Codes, int SubLow, int SubHigh, std::size_t G, std::size_t N, class V>
[[nodiscard]] scaled_block<G> choose_subs(const std::array<costed<N, V>, G>& groups, const std::array<float, G>& wanted, half d) noexcept {
    scaled_block<G> b{.d = d};
    const float     scale = to_float(d), inverse = inverse_of(scale);
    for (std::size_t g = 0; g < G; ++g) {
        const int middle = nearest(wanted[g] * inverse, SubLow, SubHigh), first = std::clamp(middle - 1, SubLow, SubHigh - 2);
        const f4  errors = scale_errors<Codes>(groups[g], all4(scale) * (all4(static_cast<float>(first)) + f4{0, 1, 2, 1}));
        const int least  = errors[1] < errors[0] ? errors[2] < errors[1] ? 2 : 1 : errors[2] < errors[0] ? 2 : 0;
        b.sub[g]         = first + least;
        b.error += errors[static_cast<std::size_t>(least)];
    }
    return b;
}

/// d of least error for the codes and integers of b.
template <class Codes, std::size_t G, std::size_t N, class V>
[[nodiscard]] half refit_d(const std::array<costed<N, V>, G>& groups, const scaled_block<G>& b) noexcept {
    double xq = 0, qq = 0;
    for (std::size_t g = 0; g < G; ++g) {
        if (b.sub[g] == 0) continue;
        const float sub = static_cast<float>(b.sub[g]), inverse = inverse_of(to_float(b.d) * sub);
        f4          x{}, q{};
        for (std::size_t i = 0; i < N; i += 4) {
            const f4 code = Codes::nearest4(groups[g].x4(i) * all4(inverse)) * all4(sub);
            x += groups[g].vx4(i) * code;
            q += groups[g].v4(i) * code * code;
        }
        xq += sum4(x), qq += sum4(q);
    }
    return qq > 0 ? finite_half(static_cast<float>(xq / qq)) : b.d;
}

/// The whole search. A scale of either sign: the largest group's may meet either end of the integers.
template <class Codes, int SubLow, int SubHigh, std::size_t G, std::size_t N, class V>
[[nodiscard]] scaled_block<G> best_block(const std::array<costed<N, V>, G>& groups) noexcept {
    std::array<float, G> wanted;
    for (std::size_t g = 0; g < G; ++g) wanted[g] = best_scale<Codes>(groups[g]);
    const float     peak = peak_of(std::span<const float, G>(wanted));
    scaled_block<G> best;
    bool            first = true;
    const auto      take  = [&](half d) {
        const auto tried  = choose_subs<Codes, SubLow, SubHigh>(groups, wanted, d);
        const bool better = first || tried.error < best.error;
        if (better) best = tried;
        first = false;
        return better;
    };
    for (const float end : {static_cast<float>(SubLow), static_cast<float>(SubHigh)}) take(finite_half(peak / end));
    for (int i = 0; i < 2 && take(refit_d<Codes>(groups, best)); ++i) {
    }
    return best;
}

/// w ≈ d·sub·q - dmin·min for G groups.
template <std::size_t G>
struct affine_block {
    half               d, dmin;
    std::array<int, G> sub{}, min{};
    float              error = 0;
};

template <int Levels, int SubHigh, std::size_t G, std::size_t N, class V>
[[nodiscard]] affine_block<G> choose_subs_and_mins(const std::array<costed<N, V>, G>& groups, const std::array<affine_fit, G>& wanted, half d,
                                                   half dmin) noexcept {
    affine_block<G> b{.d = d, .dmin = dmin};
    const float     scale = to_float(d), low = to_float(dmin);
    for (std::size_t g = 0; g < G; ++g) {
        // The integers on either side of the wanted scale, each with the four minimums about the wanted one.
        const int s     = nearest(wanted[g].scale * inverse_of(scale) - 0.5f, 0, SubHigh - 1);
        const int m     = nearest(-wanted[g].base * inverse_of(low) - 1.5f, 0, SubHigh - 3);
        const f4  bases = all4(-low) * (all4(static_cast<float>(m)) + f4{0, 1, 2, 3});
        float     least = std::numeric_limits<float>::infinity();
        for (int sub = s; sub <= s + 1; ++sub) {
            const f4 errors = affine_errors<Levels>(groups[g], scale * static_cast<float>(sub), bases);
            for (std::size_t i = 0; i < 4; ++i)
                if (errors[i] < least) least = errors[i], b.sub[g] = sub, b.min[g] = m + static_cast<int>(i);
        }
        b.error += least;
    }
    return b;
}

/// d and dmin of least error for the codes and integers of b.
template <int Levels, std::size_t G, std::size_t N, class V>
[[nodiscard]] std::pair<half, half> refit_d_and_dmin(const std::array<costed<N, V>, G>& groups, const affine_block<G>& b) noexcept {
    using codes = even_codes<0, Levels>;
    double ss = 0, sm = 0, mm = 0, xs = 0, xm = 0;  // of s = sub·q and m = min: w ≈ d·s - dmin·m
    for (std::size_t g = 0; g < G; ++g) {
        const float sub = static_cast<float>(b.sub[g]), min = static_cast<float>(b.min[g]), base = -to_float(b.dmin) * min;
        const float inverse = inverse_of(to_float(b.d) * sub);
        f4          q1{}, q2{}, xq{};
        for (std::size_t i = 0; i < N; i += 4) {
            const f4 q = codes::nearest4((groups[g].x4(i) - all4(base)) * all4(inverse)) * all4(sub), vq = groups[g].v4(i) * q;
            q1 += vq;
            q2 += vq * q;
            xq += groups[g].vx4(i) * q;
        }
        ss += sum4(q2), sm += double{sum4(q1)} * min, mm += double{total(groups[g])} * min * min;
        xs += sum4(xq), xm += double{first_moment(groups[g])} * min;
    }
    const double det = ss * mm - sm * sm;
    if (!(det > 1e-9 * ss * mm)) return {ss > 0 ? finite_half(static_cast<float>(xs / ss)) : b.d, b.dmin};
    const double d = (xs * mm - xm * sm) / det, dmin = (xs * sm - xm * ss) / det;
    if (!(d > 0 && dmin >= 0)) return {b.d, b.dmin};
    return {finite_half(static_cast<float>(d)), finite_half(static_cast<float>(dmin))};
}

template <int Levels, int SubHigh, std::size_t G, std::size_t N, class V>
[[nodiscard]] affine_block<G> best_affine_block(const std::array<costed<N, V>, G>& groups) noexcept {
    std::array<affine_fit, G> wanted;
    float                     scale = 0, min = 0;
    for (std::size_t g = 0; g < G; ++g) {
        wanted[g] = best_affine<Levels, true>(groups[g]);
        scale     = std::max(scale, wanted[g].scale);
        min       = std::max(min, -wanted[g].base);
    }
    affine_block<G> best;
    bool            first = true;
    const auto      take  = [&](half d, half dmin) {
        const auto tried  = choose_subs_and_mins<Levels, SubHigh>(groups, wanted, d, dmin);
        const bool better = first || tried.error < best.error;
        if (better) best = tried;
        first = false;
        return better;
    };
    take(finite_half(scale / SubHigh), finite_half(min / SubHigh));
    if (SubHigh < 63) {  // coarse integers: which end they meet counts
        take(finite_half(scale / (SubHigh * 0.9f)), finite_half(min / SubHigh));
        take(finite_half(scale / SubHigh), finite_half(min / (SubHigh * 0.9f)));
    }
    for (int i = 0; i < 3; ++i) {
        const auto [d, dmin] = refit_d_and_dmin<Levels>(groups, best);
        if (!take(d, dmin)) break;
    }
    return best;
}

/// The groups of a block.
template <std::size_t N, class V>
[[nodiscard]] std::array<costed<N, V>, 256 / N> groups_of(const float* w, V importance) noexcept {
    return [&]<std::size_t... G>(std::index_sequence<G...>) {
        return std::array<costed<N, V>, 256 / N>{costed<N, V>(w + G * N, part_of(importance, G * N))...};
    }
    (std::make_index_sequence<256 / N>{});
}

}  // namespace plume::quant
