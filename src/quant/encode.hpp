#pragma once

#include <algorithm>
#include <cmath>

#include "unpack.hpp"

// What the simple encoders share. Weights should be finite; what is not still gives a block of finite numbers, only not a meaningful one.

namespace plume::quant {

using f4 [[gnu::vector_size(16)]] = float;
using i4 [[gnu::vector_size(16)]] = std::int32_t;

[[nodiscard]] inline f4    load4(const float* p) noexcept { return f4{p[0], p[1], p[2], p[3]}; }
[[nodiscard]] inline float sum4(f4 x) noexcept { return (x[0] + x[1]) + (x[2] + x[3]); }
[[nodiscard]] inline f4    all4(float x) noexcept { return f4{x, x, x, x}; }

/// The nearest integer in [low, high], ties away from zero; NaN gives low.
[[nodiscard]] inline int nearest(float x, int low, int high) noexcept {
    if (!(x > static_cast<float>(low))) return low;
    if (x >= static_cast<float>(high)) return high;
    return static_cast<int>(x < 0 ? x - 0.5f : x + 0.5f);
}

/// nearest() of four.
template <int Low, int High>
[[nodiscard]] inline i4 nearest4(f4 x) noexcept {
    x = x > all4(Low) ? x : all4(Low);
    x = x < all4(High) ? x : all4(High);
    return __builtin_convertvector(x + (x < all4(0) ? all4(-0.5f) : all4(0.5f)), i4);
}

/// code[i] = nearest((x[i] - from)·inverse, Low, High) + Add.
template <int Low, int High, int Add, std::size_t N, class Code>
void nearest_codes(const float* x, float from, float inverse, std::array<Code, N>& code) noexcept {
    for (std::size_t i = 0; i < N; i += 4) {
        const i4 q = nearest4<Low, High>((load4(x + i) - all4(from)) * all4(inverse));
        for (std::size_t j = 0; j < 4; ++j) code[i + j] = static_cast<Code>(q[j] + Add);
    }
}

/// The nearest half that is finite; NaN gives 0.
[[nodiscard]] inline half finite_half(float f) noexcept { return to_half(f > 65504 ? 65504.0f : f < -65504 ? -65504.0f : std::isnan(f) ? 0.0f : f); }

[[nodiscard]] inline float inverse_of(float d) noexcept { return d == 0 ? 0 : 1 / d; }

/// The weight of largest magnitude, with its sign; the first of several. NaN counts as nothing.
template <std::size_t N>
[[nodiscard]] float peak_of(std::span<const float, N> w) noexcept {
    static_assert(N % 4 == 0);
    f4 sizes{};
    for (std::size_t i = 0; i < N; i += 4) {
        const f4 x = load4(&w[i]), size = x < all4(0) ? -x : x;
        sizes = size > sizes ? size : sizes;
    }
    const float most = std::max(std::max(sizes[0], sizes[1]), std::max(sizes[2], sizes[3]));
    for (const float x : w)
        if (std::fabs(x) == most) return x;
    return 0;
}

/// What an error of each weight costs in a search for scales: large weights matter more, but small ones never become free.
template <std::size_t N>
[[nodiscard]] std::array<float, N> importance_of(std::span<const float, N> w) noexcept {
    float squares = 0;
    for (const float x : w) squares += x * x;
    std::array<float, N> importance;
    for (std::size_t i = 0; i < N; ++i) importance[i] = squares / N + w[i] * w[i];
    return importance;
}

/// w ≈ d·(code - Half), code in [0, 2·Half - 1]. The peak gets code 0, the side that reaches one step farther.
/// Codes are chosen for the d that the file will hold, not for the one before rounding to half.
template <int Half>
[[nodiscard]] half encode_signed(std::span<const float, 32> w, std::array<std::uint8_t, 32>& code) noexcept {
    const half  d       = finite_half(peak_of(w) / -Half);
    const float inverse = inverse_of(to_float(d));
    nearest_codes<-Half, Half - 1, Half>(w.data(), 0, inverse, code);
    return d;
}

/// w ≈ d·code + m, code in [0, Levels]. The range begins at the rounded m, so that rounding it does not cost at the top.
template <int Levels>
void encode_between(std::span<const float, 32> w, half& d, half& m, std::array<std::uint8_t, 32>& code) noexcept {
    const auto [low, high] = std::minmax_element(w.begin(), w.end());
    m                      = finite_half(*low);
    const float from       = to_float(m);
    d                      = finite_half(std::max(*high / Levels - from / Levels, 0.0f));
    const float inverse    = inverse_of(to_float(d));
    nearest_codes<0, Levels, 0>(w.data(), from, inverse, code);
}

inline void pack_nibbles(const std::array<std::uint8_t, 32>& code, std::uint8_t (&q)[16]) noexcept {
    for (std::size_t i = 0; i < 16; ++i) q[i] = u8((code[i] & 15) | (code[i + 16] & 15) << 4);
}

inline void pack_fifth_bits(const std::array<std::uint8_t, 32>& code, std::uint8_t (&high)[4]) noexcept {
    for (std::size_t byte = 0; byte < 4; ++byte) {
        unsigned bits = 0;
        for (std::size_t i = 0; i < 8; ++i) bits |= (code[8 * byte + i] >> 4 & 1u) << i;
        high[byte] = u8(bits);
    }
}

}  // namespace plume::quant
