#include <plume/quant/f16.hpp>

#include "encode.hpp"
#include "floats.hpp"

namespace plume::quant {

void f16::decode(const block& b, std::span<float, weights> w) noexcept { w[0] = to_float(b.value); }
void f16::encode(std::span<const float, weights> w, block& b) noexcept { b.value = to_half(w[0]); }

template <>
void decode_floats<f16>(const std::byte* from, std::size_t n, float* to) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        half h;
        std::memcpy(&h, from + 2 * i, sizeof h);
        to[i] = widened(h);
    }
}

/// As to_half does it, four at a time. A subnormal half is rounded by an addition: the last bit of a float in [1/2, 1) stands for 2^-24, as that of a
/// subnormal half does.
template <>
void encode_floats<f16>(const float* from, std::size_t n, std::byte* to) noexcept {
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const i4 bits = std::bit_cast<i4>(load4(from + i)), magnitude = bits & 0x7fffffff;
        const i4 normal    = (magnitude - (112 << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
        const i4 subnormal = std::bit_cast<i4>(std::bit_cast<f4>(magnitude) + all4(0.5f)) - std::bit_cast<i4>(all4(0.5f));
        const i4 beyond    = magnitude > 0x7f800000 ? 0x7e00 | (magnitude >> 13 & 0x3ff) : i4{} + 0x7c00;
        const i4 finite    = magnitude < 0x38800000 ? subnormal : normal;
        store_halves((magnitude >= 0x477ff000 ? beyond : finite) | (bits >> 16 & 0x8000), to + 2 * i);
    }
    for (; i < n; ++i) {
        const half h = to_half(from[i]);
        std::memcpy(to + 2 * i, &h, sizeof h);
    }
}

}  // namespace plume::quant
