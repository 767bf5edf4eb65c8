#include <plume/quant/q3_k.hpp>

#include "unpack.hpp"

namespace plume::quant {

void q3_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q3_k>(b, w); }

void q3_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::size_t s   = 2 * group + half_group;
        const int         low = b.subs[s % 8] >> s / 8 * 4 & 15, high = b.subs[8 + s % 4] >> s / 4 * 2 & 3;
        c.sub[half_group] = i8((low | high << 4) - 32);
    }
    const std::uint8_t* q = b.q + group / 4 * 32;
    unpack_fields(q, group % 4 * 2, 3, c);
    add_fields(b.high, group, 1, 2, c);
}
template void unpack_groups<q3_k>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
