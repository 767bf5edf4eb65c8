#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "four_lanes.hpp"
#include "unpack.hpp"

// What the simple encoders share. Weights should be finite; what is not still gives a block of finite numbers, only not a meaningful one.

namespace plume::quant {

inline constexpr float whole_at = 12'582'912;  // 1.5 · 2^23: what is added to it loses its fraction, to the nearest even

/// The nearest integer in [Low, High], ties to even; NaN gives Low.
template <int Low, int High>
[[nodiscard]] inline f4 rounded4(f4 x) noexcept {
    return (smaller4(larger4(x, all4(Low)), all4(High)) + all4(whole_at)) - all4(whole_at);
}

/// The nearest integer in [low, high], ties away from zero; NaN gives low.
[[nodiscard]] inline int nearest(float x, int low, int high) noexcept {
    if (!(x > static_cast<float>(low))) return low;
    if (x >= static_cast<float>(high)) return high;
    return static_cast<int>(x < 0 ? x - 0.5f : x + 0.5f);
}

/// code[i] = the nearest integer to (x[i] - from)·inverse in [Low, High], plus Add; ties to even, NaN gives Low.
template <int Low, int High, int Add, std::size_t N, class Code>
void nearest_codes(const float* x, float from, float inverse, Code* code) noexcept {
    static_assert(sizeof(Code) == 1 && N % 16 == 0);
    for (std::size_t i = 0; i < N; i += 16) {
        i4 q[4];
        for (std::size_t j = 0; j < 4; ++j) q[j] = __builtin_convertvector(rounded4<Low, High>((load4(x + i + 4 * j) - all4(from)) * all4(inverse)), i4) + Add;
        store_bytes(q, reinterpret_cast<std::uint8_t*>(&code[i]));
    }
}

template <int Low, int High, int Add, std::size_t N, class Code>
void nearest_codes(const float* x, float from, float inverse, std::array<Code, N>& code) noexcept {
    nearest_codes<Low, High, Add, N>(x, from, inverse, code.data());
}

/// The nearest half that is finite; NaN gives 0.
[[nodiscard]] inline half finite_half(float f) noexcept { return to_half(f > 65504 ? 65504.0f : f < -65504 ? -65504.0f : std::isnan(f) ? 0.0f : f); }

[[nodiscard]] inline float inverse_of(float d) noexcept { return d == 0 ? 0 : 1 / d; }

struct weight_range {
    float low, high;
};

/// The smallest and the largest weight. NaN counts as nothing; where there is nothing else, `low` is above `high`.
template <std::size_t N>
[[nodiscard]] weight_range range_of(std::span<const float, N> w) noexcept {
    static_assert(N % 4 == 0);
    constexpr float inf = std::numeric_limits<float>::infinity();
    f4              low = all4(inf), high = all4(-inf);
    for (std::size_t i = 0; i < N; i += 4) low = smaller4(load4(&w[i]), low), high = larger4(load4(&w[i]), high);
    return {std::min(std::min(low[0], low[1]), std::min(low[2], low[3])), std::max(std::max(high[0], high[1]), std::max(high[2], high[3]))};
}

/// The weight of largest magnitude, with its sign; of two the negative. NaN counts as nothing.
template <std::size_t N>
[[nodiscard]] float peak_of(std::span<const float, N> w) noexcept {
    const auto [low, high] = range_of(w);
    return low > high ? 0 : high > -low ? high : low;
}

/// w ≈ d·code + m, code in [0, Levels]. The range begins at the rounded m, so that rounding it does not cost at the top.
template <int Levels>
void encode_between(std::span<const float, 32> w, half& d, half& m, std::array<std::uint8_t, 32>& code) noexcept {
    const auto [low, high] = range_of(w);
    m                      = finite_half(low);
    const float from       = to_float(m);
    d                      = finite_half(std::max(high / Levels - from / Levels, 0.0f));
    const float inverse    = inverse_of(to_float(d));
    nearest_codes<0, Levels, 0>(w.data(), from, inverse, code);
}

inline void pack_nibbles(const std::array<std::uint8_t, 32>& code, std::uint8_t (&q)[16]) noexcept {
    for (std::size_t i = 0; i < 16; i += 8)
        eight_bytes{eight_bytes::read(&code[i]).field(0, 15).word | eight_bytes::read(&code[i + 16]).field(0, 15).word << 4}.write(q + i);
}

/// Two bits of each: those of weight i of 128 are in byte i % 32.
inline void pack_low_bits(const std::array<std::uint8_t, 256>& code, std::uint8_t (&q)[64]) noexcept {
    for (std::size_t i = 0; i < 64; ++i) {
        unsigned bits = 0;
        for (std::size_t p = 0; p < 4; ++p) bits |= (code[i / 32 * 128 + 32 * p + i % 32] & 3u) << 2 * p;
        q[i] = u8(bits);
    }
}

inline void pack_fifth_bits(const std::array<std::uint8_t, 32>& code, std::uint8_t (&high)[4]) noexcept {
    constexpr std::uint64_t gather = 0x0102040810204080;  // bit 0 of byte j comes to bit 56 + j
    for (std::size_t byte = 0; byte < 4; ++byte) high[byte] = u8(eight_bytes::read(&code[8 * byte]).field(4, 1).word * gather >> 56);
}

}  // namespace plume::quant
