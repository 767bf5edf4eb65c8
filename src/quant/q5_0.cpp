#include <plume/quant/q5_0.hpp>

#include "encode.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q5_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q5_0>(b, w); }

void q5_0::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, to_float(b.d));
    unpack_nibbles(b.q, c);
    for (std::size_t i = 0; i < 32; ++i) c.code[i] = u8(c.code[i] | (b.high[i / 8] >> i % 8 & 1) << 4);
}

void q5_0::encode(std::span<const float, weights> w, block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    b.d = encode_signed<16>(w, code);
    pack_nibbles(code, b.q);
    pack_fifth_bits(code, b.high);
}

}  // namespace plume::quant
