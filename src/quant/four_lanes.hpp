#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// Lanes of four for the encoders: compilers' vectors, and the operations of the x86-64 baseline that compilers do not make of them.

namespace plume::quant {

using f4 [[gnu::vector_size(16)]] = float;
using i4 [[gnu::vector_size(16)]] = std::int32_t;
using u4 [[gnu::vector_size(16)]] = std::uint32_t;

[[nodiscard]] inline f4 load4(const float* p) noexcept {
    f4 x;
    std::memcpy(&x, p, sizeof x);
    return x;
}
[[nodiscard]] inline float sum4(f4 x) noexcept { return (x[0] + x[1]) + (x[2] + x[3]); }
[[nodiscard]] inline f4    all4(float x) noexcept { return f4{x, x, x, x}; }

/// a > b ? a : b of each, which is b where one is NaN. One instruction, which compilers do not make of the comparison.
[[nodiscard]] inline f4 larger4(f4 a, f4 b) noexcept {
#ifdef __SSE2__
    return _mm_max_ps(a, b);
#else
    return a > b ? a : b;
#endif
}
[[nodiscard]] inline f4 smaller4(f4 a, f4 b) noexcept {
#ifdef __SSE2__
    return _mm_min_ps(a, b);
#else
    return a < b ? a : b;
#endif
}

/// The low bytes of 16 numbers.
inline void store_bytes(const i4 (&n)[4], std::uint8_t* to) noexcept {
#ifdef __SSE2__
    const auto    low = [&](std::size_t i) { return std::bit_cast<__m128i>(n[i] & 255); };
    const __m128i all = _mm_packus_epi16(_mm_packs_epi32(low(0), low(1)), _mm_packs_epi32(low(2), low(3)));
    std::memcpy(to, &all, sizeof all);
#else
    for (std::size_t i = 0; i < 16; ++i) to[i] = static_cast<std::uint8_t>(n[i / 4][i % 4]);
#endif
}

/// The low halves of four numbers.
inline void store_halves(i4 n, std::byte* to) noexcept {
#ifdef __SSE2__
    const __m128i low = std::bit_cast<__m128i>(n << 16 >> 16), all = _mm_packs_epi32(low, low);
    std::memcpy(to, &all, 8);
#else
    for (std::size_t i = 0; i < 4; ++i) {
        const auto low = static_cast<std::uint16_t>(n[i]);
        std::memcpy(to + 2 * i, &low, sizeof low);
    }
#endif
}

}  // namespace plume::quant
