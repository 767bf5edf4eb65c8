#include <plume/quant/q3_k.hpp>

#include "unpack.hpp"

namespace plume::quant {

void q3_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q3_k>(b, w); }

void q3_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, to_float(b.d));
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::size_t s   = 2 * group + half_group;
        const int         low = b.subs[s % 8] >> s / 8 * 4 & 15, high = b.subs[8 + s % 4] >> s / 4 * 2 & 3;
        c.sub[half_group] = i8((low | high << 4) - 32);
    }
    const std::uint8_t* q = b.q + group / 4 * 32;
    for (std::size_t i = 0; i < 32; ++i) c.code[i] = u8((q[i] >> group % 4 * 2 & 3) | (b.high[i] >> group & 1) << 2);
}

}  // namespace plume::quant
