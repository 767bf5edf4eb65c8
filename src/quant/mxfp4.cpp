#include <plume/quant/mxfp4.hpp>

#include <bit>
#include <limits>
#include <type_traits>

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

/// Twice the values of E2M1, a float with one bit of mantissa: 0, 1, 2, 3, 4, 6, 8, 12 of either sign. To the nearest, ties to the even mantissa.
struct e2m1_codes {
    [[nodiscard]] static f4 nearest4(f4 y) noexcept {
        const i4 bits = std::bit_cast<i4>(y), sign = bits & std::numeric_limits<std::int32_t>::min();
        const f4 size   = smaller4(std::bit_cast<f4>(bits & std::numeric_limits<std::int32_t>::max()), all4(12));
        const f4 binade = larger4(std::bit_cast<f4>(std::bit_cast<i4>(size) & 0x7f800000), all4(2));  // whose numbers are binade / 2 apart
        const f4 whole  = binade * all4(whole_at / 2);
        return std::bit_cast<f4>(std::bit_cast<i4>((size + whole) - whole) | sign);
    }
    /// The code of a value.
    [[nodiscard]] static i4 code4(f4 value) noexcept {
        const i4 bits = std::bit_cast<i4>(value), size = bits & std::numeric_limits<std::int32_t>::max();
        const i4 small = __builtin_convertvector(smaller4(std::bit_cast<f4>(size), all4(2)), i4),
                 large = (size >> 22) - 254;  // exponent and mantissa from 2 on
        return (large > small ? large : small) | (value < all4(0) ? i4{8, 8, 8, 8} : i4{});
    }
};

/// Scales are powers of two: all that could be best are tried. With the largest of them the peak is within the values, so that the next would only be coarser;
/// with the least it loses half of itself and more, which pays only where its error costs little.
template <class V>
void encode_costed(const float* w, V importance, mxfp4::block& b) noexcept {
    const costed<32, V> c(w, importance);
    const float         peak = std::fabs(peak_of(std::span<const float, 32>(c.x)));
    const int     middle     = peak > 0 && std::isfinite(peak) ? static_cast<int>(std::bit_cast<std::uint32_t>(peak / 12) >> 23) + 1 : 0;  // peak / 12 or less
    constexpr int below      = std::is_null_pointer_v<V> ? 0 : 1;
    float         least      = 0;
    for (int exponent = std::max(middle - below, 0), first = exponent; exponent <= std::min(middle + 1, 250); ++exponent) {
        const float error = scale_error<e2m1_codes>(c, power_of_two(u8(static_cast<std::size_t>(exponent))));
        if (exponent == first || error < least) least = error, b.exponent = u8(static_cast<std::size_t>(exponent));
    }
    const float                  inverse = inverse_of(power_of_two(b.exponent));
    std::array<std::uint8_t, 32> code;
    for (std::size_t i = 0; i < 32; i += 16) {
        i4 q[4];
        for (std::size_t j = 0; j < 4; ++j) q[j] = e2m1_codes::code4(e2m1_codes::nearest4(load4(w + i + 4 * j) * all4(inverse)));
        store_bytes(q, &code[i]);
    }
    pack_nibbles(code, b.q);
}

}  // namespace

void mxfp4::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void mxfp4::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
