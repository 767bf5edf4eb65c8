#pragma once

#include <plume/quant/format.hpp>

// What the code formats share when they take their blocks apart.

namespace plume::quant {

[[nodiscard]] constexpr std::uint8_t u8(std::size_t x) noexcept { return static_cast<std::uint8_t>(x); }
[[nodiscard]] constexpr std::int8_t  i8(int x) noexcept { return static_cast<std::int8_t>(x); }

/// Scales that hold for all 32 weights. Without a minimum dmin and min are 0.
inline void set_scales(codes_32& c, float d, int sub = 1, float dmin = 0, std::size_t min = 0) noexcept {
    c.d    = d;
    c.dmin = dmin;
    c.sub  = {i8(sub), i8(sub)};
    c.min  = {u8(min), u8(min)};
}

/// 16 bytes, 32 codes of 4 bits: the first 16 in the low nibbles.
inline void unpack_nibbles(const std::uint8_t* q, codes_32& c) noexcept {
    for (std::size_t i = 0; i < 16; ++i) {
        c.code[i]      = q[i] & 15;
        c.code[i + 16] = q[i] >> 4;
    }
}

/// The truth of every code format: w = (d·sub)·value - dmin·min in f32.
/// The products are exact: d has at most 11 significant bits, sub and value 12 together (IQ4_XS 5 + 7, Q6_K 7 + 5), and 24 suffice;
/// only MXFP4's can overflow. What rounds is the difference, once.
/// The order (d·sub)·value fixes the sign of zeros and what infinities become.
template <code_format F>
void decode_codes(const typename F::block& b, std::span<float, F::weights> w) noexcept {
    for (std::size_t group = 0; group < F::weights / 32; ++group) {
        codes_32 c;
        F::unpack(b, group, c);
        for (std::size_t i = 0; i < 32; ++i) {
            const int   value   = F::codes.has_table ? F::table[c.code[i] & 15] : c.code[i] - F::offset;
            const float product = c.d * static_cast<float>(c.sub[i / 16]) * static_cast<float>(value);
            w[32 * group + i]   = F::codes.min == min_layout::none ? product : product - c.dmin * static_cast<float>(c.min[i / 16]);
        }
    }
}

}  // namespace plume::quant
