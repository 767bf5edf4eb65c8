#include <plume/quant/q4_k.hpp>

#include "encode.hpp"
#include "six_bits.hpp"

namespace plume::quant {
namespace {

constexpr int levels = 15;

using weights_32 = std::span<const float, 32>;

struct affine {
    float scale = 0, min = 0;  // w ≈ scale·q - min, both >= 0
};

/// The weighted squared error when every weight takes its nearest code.
float error_of(weights_32 w, const std::array<float, 32>& importance, affine f) noexcept {
    const float inverse = inverse_of(f.scale);
    float       sum     = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        const float e = f.scale * static_cast<float>(nearest((w[i] + f.min) * inverse, 0, levels)) - f.min - w[i];
        sum += importance[i] * e * e;
    }
    return sum;
}

/// For the codes that `from` gives, the scale and minimum of least weighted squared error: two linear equations.
affine refit(weights_32 w, const std::array<float, 32>& importance, affine from) noexcept {
    const float inverse = inverse_of(from.scale);
    double      n = 0, q1 = 0, q2 = 0, x1 = 0, xq = 0;  // weighted sums of 1, q, q², x, x·q
    for (std::size_t i = 0; i < 32; ++i) {
        const double v = importance[i], q = nearest((w[i] + from.min) * inverse, 0, levels), x = w[i];
        n += v, q1 += v * q, q2 += v * q * q, x1 += v * x, xq += v * x * q;
    }
    const double det = n * q2 - q1 * q1;
    if (!(det > 0)) return from;
    double scale = (n * xq - q1 * x1) / det, min = (q1 * xq - q2 * x1) / det;
    if (min < 0) min = 0, scale = xq / q2;  // the file cannot hold an offset upwards
    return scale > 0 ? affine{static_cast<float>(scale), static_cast<float>(min)} : from;
}

/// Tries ranges from a little inside the extremes to a little beyond, each with one refit.
affine search(weights_32 w, const std::array<float, 32>& importance) noexcept {
    const auto [smallest, largest] = std::minmax_element(w.begin(), w.end());
    const float low                = std::min(*smallest, 0.0f);
    if (!(*largest > low)) return {0, -low};
    affine best{(*largest - low) / levels, -low};
    float  best_error = error_of(w, importance, best);
    for (int step = -9; step <= 9; ++step) {
        const affine tried = refit(w, importance, {(*largest - low) / (levels + 0.1f * static_cast<float>(step)), -low});
        const float  error = error_of(w, importance, tried);
        if (error < best_error) best = tried, best_error = error;
    }
    return best;
}

/// With d and dmin fixed: the best of the 3 × 3 integers around what the search found.
sub_and_min nearest_integers(weights_32 w, const std::array<float, 32>& importance, affine wanted, float d, float dmin) noexcept {
    const int   sub = nearest(wanted.scale * inverse_of(d), 0, 63), min = nearest(wanted.min * inverse_of(dmin), 0, 63);
    sub_and_min best{u8(sub), u8(min)};
    float       best_error = error_of(w, importance, {d * static_cast<float>(sub), dmin * static_cast<float>(min)});
    for (int s = std::max(sub - 1, 0); s <= std::min(sub + 1, 63); ++s)
        for (int m = std::max(min - 1, 0); m <= std::min(min + 1, 63); ++m) {
            const float error = error_of(w, importance, {d * static_cast<float>(s), dmin * static_cast<float>(m)});
            if (error < best_error) best = {u8(s), u8(m)}, best_error = error;
        }
    return best;
}

}  // namespace

void q4_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q4_k>(b, w); }

void q4_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const auto [sub, min] = unpack_six_bits(b.subs_and_mins, group);
    set_scales(c, widened(b.d), sub, widened(b.dmin), min);
    const std::uint8_t* q = b.q + group / 2 * 32;
    unpack_fields(q, group % 2 * 4, 15, c);
}
template void unpack_groups<q4_k>(const std::byte*, std::size_t, codes_32*) noexcept;

void q4_k::encode(std::span<const float, weights> w, block& b) noexcept {
    std::array<std::array<float, 32>, 8> importance;
    std::array<affine, 8>                wanted;
    affine                               largest;
    for (std::size_t group = 0; group < 8; ++group) {
        const weights_32 part(w.data() + 32 * group, 32);
        importance[group] = importance_of(part);
        wanted[group]     = search(part, importance[group]);
        largest           = {std::max(largest.scale, wanted[group].scale), std::max(largest.min, wanted[group].min)};
    }
    b.d           = finite_half(largest.scale / 63);
    b.dmin        = finite_half(largest.min / 63);
    const float d = to_float(b.d), dmin = to_float(b.dmin);

    std::array<sub_and_min, 8> integers;
    std::fill(std::begin(b.q), std::end(b.q), std::uint8_t{0});
    for (std::size_t group = 0; group < 8; ++group) {
        const weights_32 part(w.data() + 32 * group, 32);
        integers[group]     = nearest_integers(part, importance[group], wanted[group], d, dmin);
        const float inverse = inverse_of(d * static_cast<float>(integers[group].sub)), min = dmin * static_cast<float>(integers[group].min);
        for (std::size_t i = 0; i < 32; ++i) {
            std::uint8_t& q = b.q[group / 2 * 32 + i];
            q               = u8(q | nearest((part[i] + min) * inverse, 0, levels) << group % 2 * 4);
        }
    }
    pack_six_bits(integers, b.subs_and_mins);
}

}  // namespace plume::quant
