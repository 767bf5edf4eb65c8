#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "unpack.hpp"

// What the IQ formats share: grid entries and signs become codes, whose tables hold the positive magnitudes first and then the negative ones.

namespace plume::quant {

/// Eight signs of which seven are stored: the eighth makes the number of minus signs even.
[[nodiscard]] constexpr unsigned even_signs(unsigned seven) noexcept { return (seven & 127) | (static_cast<unsigned>(std::popcount(seven & 127)) & 1) << 7; }

/// Eight weights of a 2-bit entry: code = index | sign << 2.
inline void grid_codes_8(unsigned entry, unsigned signs, std::uint8_t* code) noexcept {
    for (unsigned i = 0; i < 8; ++i) code[i] = u8((entry >> 2 * i & 3) | (signs >> i & 1) << 2);
}

/// Four weights of a 3-bit entry: code = index | sign << 3.
inline void grid_codes_4(unsigned entry, unsigned signs, std::uint8_t* code) noexcept {
    for (unsigned i = 0; i < 4; ++i) code[i] = u8((entry >> 3 * i & 7) | (signs >> i & 1) << 3);
}

/// Sets nibble i, which was 0.
inline void set_nibble(std::uint8_t* bytes, std::size_t i, int value) noexcept {
    bytes[i / 2] = u8(bytes[i / 2] | static_cast<unsigned>(value) << 4 * (i % 2));
}

/// Of 32 weights: four times seven signs, then the sub-scale.
[[nodiscard]] inline std::uint32_t signs_and_sub(const std::array<std::uint8_t, 4>& signs, int sub) noexcept {
    std::uint32_t word = static_cast<std::uint32_t>(sub) << 28;
    for (std::size_t i = 0; i < 4; ++i) word |= (signs[i] & 127u) << 7 * i;
    return word;
}

/// Nibble i of packed bytes, the low one of a byte first.
[[nodiscard]] inline unsigned nibble(const std::uint8_t* bytes, std::size_t i) noexcept { return bytes[i / 2] >> 4 * (i % 2) & 15u; }

}  // namespace plume::quant
