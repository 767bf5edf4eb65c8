#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

#include "encode.hpp"

// How encoders look for scales: by alternating least squares from a grid of starts.
//
// For given codes q the scale of least squared error is closed-form: s = Σ v·x·q / Σ v·q², and it takes (Σ v·x·q)² / Σ v·q² off the error Σ v·x²; v is what an
// error costs. For a given scale the best codes are the nearest. So each start costs one pass, which gives the refitted scale and its error at once; the best
// start is refitted until its codes stay. With a minimum there are two closed-form numbers instead of one. The grid is what keeps this from the nearest local
// optimum: the error over s has one valley for each code that the peak may take.
//
// Lanes of four in plain C++ (vector_size), so that baseline SSE2 does them; sums have a fixed order, so that a file has the same bytes everywhere.

namespace plume::quant {

/// N weights x, what the square of an error of each costs (v), and v·x. `Costs` is nullptr_t where all weights cost 1: nothing to load, nothing to multiply by.
template <std::size_t N, class Costs = const float*>
struct costed {
    std::array<float, N> x, v, vx;

    costed(const float* w, Costs cost) noexcept {
        for (std::size_t i = 0; i < N; ++i) x[i] = w[i], v[i] = cost == nullptr ? 1.0f : cost[i], vx[i] = v[i] * x[i];
    }
    [[nodiscard]] f4 x4(std::size_t i) const noexcept { return load4(&x[i]); }
    [[nodiscard]] f4 v4(std::size_t i) const noexcept { return load4(&v[i]); }
    [[nodiscard]] f4 vx4(std::size_t i) const noexcept { return load4(&vx[i]); }
};
template <std::size_t N>
struct costed<N, std::nullptr_t> {
    std::array<float, N> x;

    costed(const float* w, std::nullptr_t) noexcept { std::memcpy(x.data(), w, sizeof x); }
    [[nodiscard]] f4 x4(std::size_t i) const noexcept { return load4(&x[i]); }
    [[nodiscard]] f4 v4(std::size_t) const noexcept { return all4(1); }
    [[nodiscard]] f4 vx4(std::size_t i) const noexcept { return load4(&x[i]); }
};

/// v where no importance is known and codes are coarse: x² + 3 times the mean square. The least squared error itself is not the best that can be had: large
/// weights count for more. (KL divergence of SmolLM2 and Gemma 3 270M from their weights, on English and French prose, by costs that are equal, these, x² + the
/// mean, the root of that: Q4_0 0.330, 0.304, 0.333, 0.309 and 0.329, 0.283, 0.287, 0.287; IQ4_NL 0.248, 0.202, 0.210, 0.208 and 0.150, 0.139, 0.138, 0.141.
/// With an importance matrix they make it worse.)
struct by_size {
    float mean3;  // three times the mean square

    template <std::size_t N>
    explicit by_size(std::span<const float, N> w) noexcept {
        f4 squares{};
        for (std::size_t i = 0; i < N; i += 4) squares += load4(&w[i]) * load4(&w[i]);
        mean3 = sum4(squares) * (3.0f / N);
    }
};
template <std::size_t N>
struct costed<N, by_size> {
    std::array<float, N> x;
    by_size              costs;

    costed(const float* w, by_size all) noexcept : costs(all) { std::memcpy(x.data(), w, sizeof x); }
    [[nodiscard]] f4 x4(std::size_t i) const noexcept { return load4(&x[i]); }
    [[nodiscard]] f4 v4(std::size_t i) const noexcept { return x4(i) * x4(i) + all4(costs.mean3); }
    [[nodiscard]] f4 vx4(std::size_t i) const noexcept { return v4(i) * x4(i); }
};

/// The sum of v, and that of v·x.
template <std::size_t N, class V>
[[nodiscard]] float total(const costed<N, V>& c) noexcept {
    f4 n{};
    for (std::size_t i = 0; i < N; i += 4) n += c.v4(i);
    return sum4(n);
}
template <std::size_t N, class V>
[[nodiscard]] float first_moment(const costed<N, V>& c) noexcept {
    f4 n{};
    for (std::size_t i = 0; i < N; i += 4) n += c.vx4(i);
    return sum4(n);
}

/// Codes Low to High, evenly spaced: the nearest to y, as floats. NaN gives Low.
template <int Low, int High>
struct even_codes {
    static constexpr float  low = Low, high = High;
    [[nodiscard]] static f4 nearest4(f4 y) noexcept { return rounded4<Low, High>(y); }
};

/// Whole numbers that no end cuts off, for starts that leave the peak within the codes.
struct all_codes {
    [[nodiscard]] static f4 nearest4(f4 y) noexcept { return (y + all4(whole_at)) - all4(whole_at); }
};

/// The same up to High.
template <int High>
struct codes_up_to {
    [[nodiscard]] static f4 nearest4(f4 y) noexcept { return all_codes::nearest4(smaller4(y, all4(High))); }
};

/// The values of a table in ascending order; Sorted::values and the middles between them.
template <class Sorted>
struct table_codes {
    static constexpr float  low = Sorted::values[0], high = Sorted::values[std::size(Sorted::values) - 1];
    [[nodiscard]] static f4 nearest4(f4 y) noexcept {
        f4 q = all4(low);
        for (std::size_t i = 1; i < std::size(Sorted::values); ++i) {
            constexpr auto& values = Sorted::values;
            q                      = y > all4((values[i - 1] + values[i]) / 2) ? all4(values[i]) : q;
        }
        return q;
    }
};

/// place[i]: where in Sorted::values the nearest to x[i]·inverse stands; NaN gives 0.
template <class Sorted, std::size_t N>
void nearest_places(const float* x, float inverse, std::array<std::uint8_t, N>& place) noexcept {
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 y = load4(x + i) * all4(inverse);
        i4       at{};
        for (std::size_t l = 1; l < std::size(Sorted::values); ++l) at -= y > all4((Sorted::values[l - 1] + Sorted::values[l]) / 2);
        for (std::size_t j = 0; j < 4; ++j) place[i + j] = static_cast<std::uint8_t>(at[j]);
    }
}

struct scale_fit {
    float scale = 0, gain = 0;  // what the scale takes off the error
};

/// The codes that 1/inverse gives, and the best scale for them.
template <class Codes, std::size_t N, class V>
[[nodiscard]] scale_fit fit_scale(const costed<N, V>& c, float inverse) noexcept {
    f4 xq{}, qq{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 q = Codes::nearest4(c.x4(i) * all4(inverse));
        xq += c.vx4(i) * q;
        qq += c.v4(i) * q * q;
    }
    const float a = sum4(xq), b = sum4(qq);
    return b > 0 ? scale_fit{a / b, a / b * a} : scale_fit{};
}

/// Lane j: sum4(x[j]).
[[nodiscard]] inline f4 sums4(const f4 (&x)[4]) noexcept {
    const f4 a = __builtin_shufflevector(x[0], x[1], 0, 4, 2, 6) + __builtin_shufflevector(x[0], x[1], 1, 5, 3, 7);
    const f4 b = __builtin_shufflevector(x[2], x[3], 0, 4, 2, 6) + __builtin_shufflevector(x[2], x[3], 1, 5, 3, 7);
    return __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

/// Brings to the front what stands where the largest gain does. Without branches, whose ways nobody foresees.
template <class... F4>
void best_to_front(f4& gain, F4&... others) noexcept {
    const auto or_better = [&](f4 gains, std::type_identity_t<F4>... theirs) {
        const i4 better = gains > gain;
        gain            = better ? gains : gain;
        ((others = better ? theirs : others), ...);
    };
    or_better(__builtin_shufflevector(gain, gain, 2, 3, 2, 3), __builtin_shufflevector(others, others, 2, 3, 2, 3)...);
    or_better(__builtin_shufflevector(gain, gain, 1, 1, 1, 1), __builtin_shufflevector(others, others, 1, 1, 1, 1)...);
}

/// Four fits side by side.
struct scale_fits {
    f4 scale{}, gain{};

    /// The better of each two; the first of equal ones.
    [[nodiscard]] scale_fits or_better(const scale_fits& other) const noexcept {
        const i4 better = other.gain > gain;
        return {better ? other.scale : scale, better ? other.gain : gain};
    }
    [[nodiscard]] scale_fit best() const noexcept {
        auto front = *this;
        best_to_front(front.gain, front.scale);
        return {front.scale[0], front.gain[0]};
    }
};

/// fit_scale from four starts in one pass: sums that do not wait for each other.
template <class Codes, std::size_t N, class V>
[[nodiscard]] scale_fits fit_scales(const costed<N, V>& c, f4 inverses) noexcept {
    const f4 inverse[] = {all4(inverses[0]), all4(inverses[1]), all4(inverses[2]), all4(inverses[3])};
    f4       xq[4]{}, qq[4]{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 x = c.x4(i), v = c.v4(i), vx = c.vx4(i);
        for (std::size_t j = 0; j < 4; ++j) {
            const f4 q = Codes::nearest4(x * inverse[j]);
            xq[j] += vx * q;
            qq[j] += v * q * q;
        }
    }
    const f4 a = sums4(xq), b = sums4(qq), scale = a / b;
    const i4 any = b > all4(0);
    return {any ? scale : f4{}, any ? scale * a : f4{}};
}

/// The error with the nearest codes, summed as differences.
template <class Codes, std::size_t N, class V>
[[nodiscard]] float scale_error(const costed<N, V>& c, float scale) noexcept {
    const float inverse = inverse_of(scale);
    f4          sum{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 x = c.x4(i), e = all4(scale) * Codes::nearest4(x * all4(inverse)) - x;
        sum += c.v4(i) * e * e;
    }
    return sum4(sum);
}

/// scale_error of four scales in one pass: sums that do not wait for each other.
template <class Codes, std::size_t N, class V>
[[nodiscard]] f4 scale_errors(const costed<N, V>& c, f4 scales) noexcept {
    const f4 inverses = scales != all4(0) ? all4(1) / scales : f4{};
    f4       sum[4]{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 x = c.x4(i), v = c.v4(i);
        for (std::size_t j = 0; j < 4; ++j) {
            const f4 e = all4(scales[j]) * Codes::nearest4(x * all4(inverses[j])) - x;
            sum[j] += v * e * e;
        }
    }
    return sums4(sum);
}

/// The best scale, of either sign. Starts: the peak meets the lowest code, or the highest, or lies a little inside or beyond; with many codes little is won
/// by cutting it off, and both ends are as good. (26 starts instead of ten took another 1 % off the error of Q3_K, 0.1 % off that of Q6_K, and twice the time.)
template <class Codes, std::size_t N, class V>
[[nodiscard]] float best_scale(const costed<N, V>& c) noexcept {
    constexpr bool many = Codes::high - Codes::low > 30 && Codes::high < 64;
    const float    peak = peak_of(std::span<const float, N>(c.x));
    if (!(std::fabs(peak) > 0) || !std::isfinite(peak)) return 0;
    const f4   unit = all4(1 / peak), low = all4(Codes::low) * unit, high = all4(Codes::high) * unit;
    const auto from = [&](f4 starts) { return fit_scales<Codes>(c, starts); };
    scale_fit  best;
    if constexpr (many)
        best = from(low * f4{1.0f, 0.98f, 1.02f, 0.96f}).or_better(from(low * f4{1.05f, 0.99f, 1.01f, 1.035f})).best();
    else
        best = from(low * f4{1.0f, 0.88f, 0.94f, 1.06f})
                   .or_better(from(low * f4{1.12f, 1.2f, 1.3f, 1.4f}))
                   .or_better(from(high * f4{1.0f, 0.95f, 1.1f, 1.2f}))
                   .best();
    for (int i = 0; i < 3 && best.scale != 0; ++i) {
        const auto again = fit_scale<Codes>(c, 1 / best.scale);
        if (!(again.gain > best.gain)) break;
        best = again;
    }
    return best.scale == 0 ? peak / Codes::low : best.scale;
}

/// w ≈ scale·q + base, q in [0, Levels].
struct affine_fit {
    float scale = 0, base = 0, gain = -1;
};

/// The codes that `scale` and `base` give, and the best pair for them; `base` at most 0 where the format stores a minimum to subtract.
template <int Levels, bool Below, std::size_t N, class V>
[[nodiscard]] affine_fit fit_affine(const costed<N, V>& c, float total, float first, float scale, float base) noexcept {
    using codes         = even_codes<0, Levels>;
    const float inverse = inverse_of(scale);
    f4          q1{}, q2{}, xq{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 q = codes::nearest4((c.x4(i) - all4(base)) * all4(inverse)), vq = c.v4(i) * q;
        q1 += vq;
        q2 += vq * q;
        xq += c.vx4(i) * q;
    }
    const double n = total, x1 = first, a = sum4(q1), b = sum4(q2), x = sum4(xq), det = n * b - a * a;
    double       s = 0, m = 0;
    if (det > 1e-9 * n * b) {
        s = (n * x - a * x1) / det;
        m = (b * x1 - a * x) / det;
    } else if (n > 0) {
        m = x1 / n;  // one code for all
    }
    if (Below && m > 0) m = 0, s = b > 0 ? x / b : 0;
    if (!(s >= 0)) return {};
    return {static_cast<float>(s), static_cast<float>(m), static_cast<float>(2 * (s * x + m * x1) - s * s * b - 2 * s * m * a - m * m * n)};
}

template <int Levels, std::size_t N, class V>
[[nodiscard]] float affine_error(const costed<N, V>& c, float scale, float base) noexcept {
    using codes         = even_codes<0, Levels>;
    const float inverse = inverse_of(scale);
    f4          sum{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 x = c.x4(i), e = all4(scale) * codes::nearest4((x - all4(base)) * all4(inverse)) + all4(base) - x;
        sum += c.v4(i) * e * e;
    }
    return sum4(sum);
}

/// affine_error of one scale and four bases in one pass: sums that do not wait for each other.
template <int Levels, std::size_t N, class V>
[[nodiscard]] f4 affine_errors(const costed<N, V>& c, float scale, f4 bases) noexcept {
    using codes      = even_codes<0, Levels>;
    const f4 inverse = all4(inverse_of(scale)), step = all4(scale);
    f4       sum[4]{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 x = c.x4(i), v = c.v4(i);
        for (std::size_t j = 0; j < 4; ++j) {
            const f4 off = x - all4(bases[j]), e = step * codes::nearest4(off * inverse) - off;
            sum[j] += v * e * e;
        }
    }
    return sums4(sum);
}

/// The best scale and base. Starts: the whole range, and a little less or more at either end.
template <int Levels, bool Below, std::size_t N, class V>
[[nodiscard]] affine_fit best_affine(const costed<N, V>& c) noexcept {
    const auto [smallest, largest] = range_of(std::span<const float, N>(c.x));
    const float low = Below ? std::min(smallest, 0.0f) : smallest, range = largest - low;
    if (!(range > 0) || !std::isfinite(range)) return {0, std::isfinite(low) ? low : 0, 0};
    constexpr float fine = Levels > 15 ? 15.0f / Levels : 1, ends[] = {-0.02f * fine, 0.02f * fine, 0.06f * fine, 0.11f * fine};  // up to 1.65 steps of 15
    const float     n = total(c), first = first_moment(c);
    affine_fit      best;
    const auto      take = [&](affine_fit tried) {
        const bool better = tried.gain > best.gain;
        if (better) best = tried;
        return better;
    };
    for (const float a : ends)
        for (const float b : ends)
            take(fit_affine<Levels, Below>(c, n, first, range * (1 - a - b) / Levels, std::min(low + a * range, Below ? 0.0f : low + a * range)));
    take(fit_affine<Levels, Below>(c, n, first, range / (Levels - 1), low));  // weights that were codes before, without the last
    for (int i = 0; i < 3 && best.gain >= 0 && take(fit_affine<Levels, Below>(c, n, first, best.scale, best.base)); ++i) {
    }
    return best.gain < 0 ? affine_fit{range / Levels, low, 0} : best;
}

/// w ≈ d·(code - Half), code in [0, 2·Half - 1].
template <int Half, class V>
[[nodiscard]] half encode_even(const costed<32, V>& c, std::array<std::uint8_t, 32>& code) noexcept {
    half d = finite_half(best_scale<even_codes<-Half, Half - 1>>(c));
    nearest_codes<-Half, Half - 1, Half>(c.x.data(), 0, inverse_of(to_float(d)), code);
    return d;
}

/// The same from four starts, none of which leaves the lowest code. (With equal costs the twelve starts and refits above take another 1 to 3 % off the error.)
template <int Half, class V>
[[nodiscard]] half encode_even_quickly(const costed<32, V>& c, std::array<std::uint8_t, 32>& code) noexcept {
    constexpr float h    = Half;
    constexpr f4    ends = Half > 8 ? f4{-h, 1 - h, -0.4f - h, h - 0.7f} : f4{-h, 0.5f - h, -0.4f - h, h - 1};
    const float     peak = peak_of(std::span<const float, 32>(c.x)), inverse = 1 / peak;
    half            d;
    if (std::fabs(peak) > 0 && std::isfinite(peak)) d = finite_half(fit_scales<codes_up_to<Half - 1>>(c, ends * all4(inverse)).best().scale);
    nearest_codes<-Half, Half - 1, Half>(c.x.data(), 0, inverse_of(to_float(d)), code);
    return d;
}

/// w ≈ d·code + m, code in [0, Levels]: the better of the search's pair and the one that holds the whole range.
template <int Levels, class V>
void encode_affine(const costed<32, V>& c, half& d, half& m, std::array<std::uint8_t, 32>& code) noexcept {
    encode_between<Levels>(std::span<const float, 32>(c.x), d, m, code);
    const auto found = best_affine<Levels, false>(c);
    const half base = finite_half(found.base), scale = finite_half(found.scale);
    if (!(affine_error<Levels>(c, to_float(scale), to_float(base)) < affine_error<Levels>(c, to_float(d), to_float(m)))) return;
    d = scale, m = base;
    const float inverse = inverse_of(to_float(d)), from = to_float(m);
    nearest_codes<0, Levels, 0>(c.x.data(), from, inverse, code);
}

/// Without costs: the best of four starts, which say where the smallest weight lies and how many codes the range spans. Floats suffice: counted from the
/// smallest weight nothing cancels, and sums of codes are exact. (The 16 starts and refits above take 4 to 9 % more off the error and five times the time.)
template <int Levels>
void encode_affine(const costed<32, std::nullptr_t>& c, half& d, half& m, std::array<std::uint8_t, 32>& code) noexcept {
    const std::span<const float, 32> w(c.x);
    const auto [low, high] = range_of(w);
    const float range      = high - low;
    if (!(range > 0) || !std::isfinite(range)) return encode_between<Levels>(w, d, m, code);
    constexpr float L = Levels;
    constexpr f4    at_smallest{0, -0.7f, -0.7f, 0}, spans{L, L + 0.7f, L + 1.4f, L + 0.7f};
    const f4        inverse = spans * all4(1 / range), smallest = all4(low);
    f4              sum{}, xq[4]{}, qq[4]{}, q1[4]{};
    for (std::size_t i = 0; i < 32; i += 4) sum += c.x4(i) - smallest;
    const auto two = [&]<std::size_t First>(std::integral_constant<std::size_t, First>) {  // sums of all four do not fit the registers
        for (std::size_t i = 0; i < 32; i += 4) {
            const f4 x = c.x4(i) - smallest;
            for (std::size_t j = First; j < First + 2; ++j) {
                f4 y = x * all4(inverse[j]);
                if (at_smallest[j] < 0) y = larger4(y + all4(at_smallest[j]), f4{});  // cut off at the ends that the start leaves
                if (at_smallest[j] + spans[j] > L) y = smaller4(y, all4(L));
                const f4 q = all_codes::nearest4(y);
                q1[j] += q;
                qq[j] += q * q;
                xq[j] += x * q;
            }
        }
    };
    two(std::integral_constant<std::size_t, 0>{}), two(std::integral_constant<std::size_t, 2>{});
    const f4 a = sums4(q1), det = all4(32) * sums4(qq) - a * a, first = all4(sum4(sum)), moment = all4(32) * sums4(xq) - a * first;
    f4       scale = moment / det, gain = det > all4(0) ? scale * moment : f4{}, base = smallest + (first - scale * a) * all4(1 / 32.0f);
    best_to_front(gain, scale, base);
    m = finite_half(base[0]), d = finite_half(scale[0]);
    const float from = to_float(m);
    if (!(std::fabs(from - base[0]) <= scale[0] / 16)) return encode_between<Levels>(w, d, m, code);  // far from zero, rounding m moves all codes
    nearest_codes<0, Levels, 0>(c.x.data(), from, inverse_of(to_float(d)), code);
}

/// The best scale for codes -1, 0, 1: weights that were ternary before come back as they were. Starts: scales beside the root mean square, whose half is the
/// magnitude from which on a weight is not zero. (24 starts below the peak took 0.001 % more off the error and 2.7 times the time.)
template <class V>
[[nodiscard]] float best_ternary(const costed<256, V>& c) noexcept {
    using codes = even_codes<-1, 1>;
    f4 squares{};
    for (std::size_t i = 0; i < 256; i += 4) squares += c.vx4(i) * c.x4(i);
    const float rms = std::sqrt(sum4(squares) / total(c));
    if (!(rms > 0) || !std::isfinite(rms)) return 0;
    auto best = fit_scales<codes>(c, f4{1.5f, 0.9f, 0.6f, 0.3f} * all4(1 / rms)).best();
    for (int i = 0; i < 8; ++i) {
        const auto tried = fit_scale<codes>(c, inverse_of(best.scale));
        if (!(tried.gain > best.gain)) break;
        best = tried;
    }
    return best.scale;
}

/// What a null importance stands for: all weights alike.
[[nodiscard]] inline const float*   part_of(const float* importance, std::size_t at) noexcept { return importance == nullptr ? nullptr : importance + at; }
[[nodiscard]] inline std::nullptr_t part_of(std::nullptr_t, std::size_t) noexcept { return nullptr; }
[[nodiscard]] inline by_size        part_of(by_size costs, std::size_t) noexcept { return costs; }

}  // namespace plume::quant
