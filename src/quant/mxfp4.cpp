#include <plume/quant/mxfp4.hpp>

#include <bit>

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

}  // namespace plume::quant
