#include <plume/core/half.hpp>

#include <bit>

namespace plume {

// Integer arithmetic only, so that no rounding mode or flush-to-zero of the host can change a bit.

float to_float(half h) noexcept {
    const std::uint32_t sign     = std::uint32_t{h.bits} >> 15 << 31;
    const std::uint32_t exponent = h.bits >> 10 & 31u;
    std::uint32_t       fraction = h.bits & 0x3ffu;
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
    if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
    if (fraction == 0) return std::bit_cast<float>(sign);
    const auto shift = static_cast<std::uint32_t>(std::countl_zero(fraction)) - 21;  // brings the leading one to bit 10
    fraction         = fraction << shift & 0x3ffu;
    return std::bit_cast<float>(sign | (113 - shift) << 23 | fraction << 13);
}

half to_half(float f) noexcept {
    const auto          bits      = std::bit_cast<std::uint32_t>(f);
    const auto          sign      = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    const auto          with_sign = [&](std::uint32_t low) { return half{static_cast<std::uint16_t>(sign | low)}; };
    if (magnitude > 0x7f800000u) return with_sign(0x7e00u | (magnitude >> 13 & 0x3ffu));  // NaN stays NaN
    if (magnitude >= 0x477ff000u) return with_sign(0x7c00u);                              // rounds beyond 65504
    if (magnitude < 0x33000001u) return with_sign(0);                                     // at most half of the smallest subnormal
    // A tie becomes even. Without a branch where nearly all numbers come: which way they round, nobody foresees.
    if (magnitude >= 0x38800000u) return with_sign((magnitude - (112u << 23) + 0xfffu + (magnitude >> 13 & 1u)) >> 13);
    const std::uint32_t mantissa = (magnitude & 0x7fffffu) | 0x800000u, shift = 126 - (magnitude >> 23);  // a subnormal half
    const std::uint32_t kept = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
    return with_sign(kept + (rest > middle || (rest == middle && (kept & 1u))));
}

float to_float(bfloat16 b) noexcept { return std::bit_cast<float>(std::uint32_t{b.bits} << 16); }

bfloat16 to_bfloat16(float f) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(f);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return {static_cast<std::uint16_t>(bits >> 16 | 0x40u)};
    return {static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

}  // namespace plume
