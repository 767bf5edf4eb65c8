#include <plume/quant/iq2_xs.hpp>

#include "grid.hpp"
#include "iq2_grids.hpp"

namespace plume::quant {

void iq2_xs::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq2_xs>(b, w); }

void iq2_xs::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d) / 8);
    for (std::size_t half_group = 0; half_group < 2; ++half_group) c.sub[half_group] = i8(static_cast<int>(2 * nibble(b.subs, 2 * group + half_group) + 1));
    for (std::size_t i = 0; i < 4; ++i) {
        const std::uint16_t q = b.q[4 * group + i];
        grid_codes_8(iq2_xs_grid[q & 511], even_signs(q >> 9), &c.code[8 * i]);
    }
}
template void unpack_groups<iq2_xs>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
