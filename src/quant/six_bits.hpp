#pragma once

#include "unpack.hpp"

// Q4_K's and Q5_K's eight scales and eight minimums of 6 bits in 12 bytes:
//   bytes 0..3   scales 0..3, and above them (bits 6, 7) the two high bits of scales 4..7
//   bytes 4..7   minimums 0..3, and above them the two high bits of minimums 4..7
//   bytes 8..11  the low nibbles of scales 4..7, and above them those of minimums 4..7

namespace plume::quant {

struct sub_and_min {
    std::uint8_t sub, min;  // [0, 63]
};

[[nodiscard]] inline sub_and_min unpack_six_bits(const std::uint8_t (&packed)[12], std::size_t group) noexcept {
    if (group < 4) return {u8(packed[group] & 63), u8(packed[group + 4] & 63)};
    const std::uint8_t low = packed[group + 4];
    return {u8((low & 15) | packed[group - 4] >> 6 << 4), u8(low >> 4 | packed[group] >> 6 << 4)};
}

inline void pack_six_bits(const std::array<sub_and_min, 8>& from, std::uint8_t (&packed)[12]) noexcept {
    for (std::size_t i = 0; i < 4; ++i) {
        packed[i]     = u8(from[i].sub | from[i + 4].sub >> 4 << 6);
        packed[i + 4] = u8(from[i].min | from[i + 4].min >> 4 << 6);
        packed[i + 8] = u8((from[i + 4].sub & 15) | (from[i + 4].min & 15) << 4);
    }
}

}  // namespace plume::quant
