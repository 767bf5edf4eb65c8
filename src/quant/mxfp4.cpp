#include <plume/quant/mxfp4.hpp>

#include <bit>

#include "search.hpp"
#include "unpack.hpp"

namespace plume::quant {

namespace {

/// 2^(exponent - 128): bits, because the two smallest are subnormal and a host may flush those in arithmetic.
float power_of_two(std::uint8_t exponent) noexcept { return std::bit_cast<float>(exponent < 2 ? 0x00200000u << exponent : (exponent - 1u) << 23); }

}  // namespace

void mxfp4::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<mxfp4>(b, w); }

void mxfp4::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, power_of_two(b.exponent));
    unpack_nibbles(b.q, c);
}
template void unpack_groups<mxfp4>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

/// The table in ascending order, for the search, and the code of each value.
struct e2m1_values {
    static constexpr float values[15] = {-12, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8, 12};
};
constexpr std::uint8_t e2m1_codes[15] = {15, 14, 13, 12, 11, 10, 9, 0, 1, 2, 3, 4, 5, 6, 7};

/// Scales are powers of two: all that could be best are tried.
template <class V>
void encode_costed(const float* w, V importance, mxfp4::block& b) noexcept {
    const costed<32, V> c(w, importance);
    const float         peak = std::fabs(peak_of(std::span<const float, 32>(c.x)));
    const int middle         = peak > 0 && std::isfinite(peak) ? static_cast<int>(std::bit_cast<std::uint32_t>(peak / 12) >> 23) + 1 : 0;  // peak / 12 or less
    float     least          = 0;
    for (int exponent = std::max(middle - 1, 0), first = exponent; exponent <= std::min(middle + 2, 250); ++exponent) {
        const float error = scale_error<table_codes<e2m1_values>>(c, power_of_two(u8(static_cast<std::size_t>(exponent))));
        if (exponent == first || error < least) least = error, b.exponent = u8(static_cast<std::size_t>(exponent));
    }
    const float                  inverse = inverse_of(power_of_two(b.exponent));
    std::array<std::uint8_t, 32> code;
    nearest_places<e2m1_values>(w, inverse, code);
    for (auto& place : code) place = e2m1_codes[place];
    pack_nibbles(code, b.q);
}

}  // namespace

void mxfp4::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void mxfp4::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
