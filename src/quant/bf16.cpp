#include <plume/quant/bf16.hpp>

#include "encode.hpp"
#include "floats.hpp"

namespace plume::quant {

void bf16::decode(const block& b, std::span<float, weights> w) noexcept { w[0] = to_float(b.value); }
void bf16::encode(std::span<const float, weights> w, block& b) noexcept { b.value = to_bfloat16(w[0]); }

template <>
void decode_floats<bf16>(const std::byte* from, std::size_t n, float* to) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        std::uint16_t bits;
        std::memcpy(&bits, from + 2 * i, sizeof bits);
        to[i] = std::bit_cast<float>(std::uint32_t{bits} << 16);
    }
}

/// As to_bfloat16 does it, four at a time.
template <>
void encode_floats<bf16>(const float* from, std::size_t n, std::byte* to) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const i4 bits = std::bit_cast<i4>(load4(from + i)), is_nan = (bits & 0x7fffffff) > 0x7f800000;
        const i4 upper   = bits >> 16;
        const i4 rounded = std::bit_cast<i4>((std::bit_cast<u4>(bits) & 0x7fffffffu) + 0x7fffu + (std::bit_cast<u4>(upper) & 1u));  // NaN may run over
        store_halves(is_nan ? upper | 0x40 : rounded >> 16 | (upper & 0x8000), to + 2 * i);
    }
    for (; i < n; ++i) {
        const auto b = to_bfloat16(from[i]);
        std::memcpy(to + 2 * i, &b, sizeof b);
    }
}

}  // namespace plume::quant
