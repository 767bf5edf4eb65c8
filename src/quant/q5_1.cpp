#include <plume/quant/q5_1.hpp>

#include "encode.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q5_1::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q5_1>(b, w); }

void q5_1::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, to_float(b.d), 1, -to_float(b.m), 1);
    unpack_nibbles(b.q, c);
    for (std::size_t i = 0; i < 32; ++i) c.code[i] = u8(c.code[i] | (b.high[i / 8] >> i % 8 & 1) << 4);
}

void q5_1::encode(std::span<const float, weights> w, block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    encode_between<31>(w, b.d, b.m, code);
    pack_nibbles(code, b.q);
    pack_fifth_bits(code, b.high);
}

}  // namespace plume::quant
