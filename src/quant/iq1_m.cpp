#include <plume/quant/iq1_m.hpp>

#include "grid.hpp"
#include "iq1_grid.hpp"

namespace plume::quant {

void iq1_m::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq1_m>(b, w); }

void iq1_m::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const unsigned d = b.subs[0] >> 12 | b.subs[1] >> 12 << 4 | b.subs[2] >> 12 << 8 | b.subs[3] >> 12 << 12;
    set_scales(c, widened(half{static_cast<std::uint16_t>(d)}) / 8);
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::size_t s = 2 * group + half_group;
        c.sub[half_group]   = i8((b.subs[s / 4] >> s % 4 * 3 & 7) * 2 + 1);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        const unsigned high = nibble(b.high, 4 * group + i);
        grid_codes_8(iq1_grid[b.grid[4 * group + i] | (high & 7) << 8], high >> 3 ? 255 : 0, &c.code[8 * i]);
    }
}
template void unpack_groups<iq1_m>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
