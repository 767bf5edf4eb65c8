#include <plume/quant/q5_k.hpp>

#include "six_bits.hpp"

namespace plume::quant {

void q5_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q5_k>(b, w); }

void q5_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const auto [sub, min] = unpack_six_bits(b.subs_and_mins, group);
    set_scales(c, to_float(b.d), sub, to_float(b.dmin), min);
    const std::uint8_t* q = b.q + group / 2 * 32;
    for (std::size_t i = 0; i < 32; ++i) c.code[i] = u8((q[i] >> group % 2 * 4 & 15) | (b.high[i] >> group & 1) << 4);
}

}  // namespace plume::quant
