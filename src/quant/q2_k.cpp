#include <plume/quant/q2_k.hpp>

#include "unpack.hpp"

namespace plume::quant {

void q2_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q2_k>(b, w); }

void q2_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, to_float(b.d), 0, to_float(b.dmin));
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::uint8_t both = b.subs_and_mins[2 * group + half_group];
        c.sub[half_group]       = i8(both & 15);
        c.min[half_group]       = both >> 4;
    }
    const std::uint8_t* q = b.q + group / 4 * 32;
    for (std::size_t i = 0; i < 32; ++i) c.code[i] = q[i] >> group % 4 * 2 & 3;
}

}  // namespace plume::quant
