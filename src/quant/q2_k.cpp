#include <plume/quant/q2_k.hpp>

#include "unpack.hpp"

namespace plume::quant {

void q2_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q2_k>(b, w); }

void q2_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d), 0, widened(b.dmin));
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::uint8_t both = b.subs_and_mins[2 * group + half_group];
        c.sub[half_group]       = i8(both & 15);
        c.min[half_group]       = both >> 4;
    }
    const std::uint8_t* q = b.q + group / 4 * 32;
    unpack_fields(q, group % 4 * 2, 3, c);
}
template void unpack_groups<q2_k>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
