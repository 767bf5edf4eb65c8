#include <plume/quant/q6_k.hpp>

#include "encode.hpp"

namespace plume::quant {
namespace {

using weights_16 = std::span<const float, 16>;

int code_of(float x, float inverse) noexcept { return nearest(x * inverse, -32, 31); }

/// The weighted squared error when every weight takes its nearest code.
float error_of(weights_16 w, const std::array<float, 16>& importance, float scale) noexcept {
    const float inverse = inverse_of(scale);
    float       sum     = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        const float e = scale * static_cast<float>(code_of(w[i], inverse)) - w[i];
        sum += importance[i] * e * e;
    }
    return sum;
}

/// The scale of least error: tries to put the peak at codes around -32, each with one least-squares refit.
float search(weights_16 w, const std::array<float, 16>& importance) noexcept {
    const float peak       = peak_of(w);
    float       best       = peak / -32;
    float       best_error = error_of(w, importance, best);
    for (int step = -9; step <= 9; ++step) {
        const float inverse = inverse_of(peak / -(32 + 0.1f * static_cast<float>(step)));
        double      xq = 0, qq = 0;  // weighted sums of x·q and q²
        for (std::size_t i = 0; i < 16; ++i) {
            const double v = importance[i], q = code_of(w[i], inverse);
            xq += v * w[i] * q, qq += v * q * q;
        }
        if (!(qq > 0)) continue;
        const float tried = static_cast<float>(xq / qq), error = error_of(w, importance, tried);
        if (error < best_error) best = tried, best_error = error;
    }
    return best;
}

/// With d fixed: the best of the integers around what the search found.
int nearest_integer(weights_16 w, const std::array<float, 16>& importance, float wanted, float d) noexcept {
    const int middle     = nearest(wanted * inverse_of(d), -128, 127);
    int       best       = middle;
    float     best_error = error_of(w, importance, d * static_cast<float>(middle));
    for (int sub = std::max(middle - 1, -128); sub <= std::min(middle + 1, 127); ++sub) {
        const float error = error_of(w, importance, d * static_cast<float>(sub));
        if (error < best_error) best = sub, best_error = error;
    }
    return best;
}

}  // namespace

void q6_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q6_k>(b, w); }

void q6_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    c.sub                 = {b.subs[2 * group], b.subs[2 * group + 1]};
    const std::size_t   h = group / 4, p = group % 4;
    const std::uint8_t *low = b.low + 64 * h + 32 * (p % 2), *high = b.high + 32 * h;
    unpack_fields(low, p / 2 * 4, 15, c);
    add_fields(high, p * 2, 3, 4, c);
}
template void unpack_groups<q6_k>(const std::byte*, std::size_t, codes_32*) noexcept;

void q6_k::encode(std::span<const float, weights> w, block& b) noexcept {
    std::array<std::array<float, 16>, 16> importance;
    std::array<float, 16>                 wanted;
    for (std::size_t s = 0; s < 16; ++s) {
        const weights_16 part(w.data() + 16 * s, 16);
        importance[s] = importance_of(part);
        wanted[s]     = search(part, importance[s]);
    }
    b.d           = finite_half(peak_of(std::span<const float, 16>(wanted)) / -128);  // the largest scale becomes -128
    const float d = to_float(b.d);

    std::fill(std::begin(b.low), std::end(b.low), std::uint8_t{0});
    std::fill(std::begin(b.high), std::end(b.high), std::uint8_t{0});
    for (std::size_t s = 0; s < 16; ++s) {
        const weights_16 part(w.data() + 16 * s, 16);
        b.subs[s]           = i8(nearest_integer(part, importance[s], wanted[s], d));
        const float inverse = inverse_of(d * static_cast<float>(b.subs[s]));
        for (std::size_t i = 0; i < 16; ++i) {
            const std::size_t at = 16 * s + i, h = at / 128, p = at % 128 / 32, j = at % 32;
            const int         code = code_of(part[i], inverse) + 32;
            std::uint8_t &    low = b.low[64 * h + 32 * (p % 2) + j], &high = b.high[32 * h + j];
            low  = u8(low | (code & 15) << p / 2 * 4);
            high = u8(high | code >> 4 << 2 * p);
        }
    }
}

}  // namespace plume::quant
