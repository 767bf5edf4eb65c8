#include <plume/quant/q4_1.hpp>

#include "encode.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q4_1::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q4_1>(b, w); }

void q4_1::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d), 1, -widened(b.m), 1);
    unpack_nibbles(b.q, c);
}
template void unpack_groups<q4_1>(const std::byte*, std::size_t, codes_32*) noexcept;

void q4_1::encode(std::span<const float, weights> w, block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    encode_between<15>(w, b.d, b.m, code);
    pack_nibbles(code, b.q);
}

}  // namespace plume::quant
