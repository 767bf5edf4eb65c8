#include <plume/quant/iq3_s.hpp>

#include "grid.hpp"
#include "iq3_grids.hpp"

namespace plume::quant {

void iq3_s::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq3_s>(b, w); }

void iq3_s::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d), static_cast<int>(2 * nibble(b.subs, group) + 1));
    for (std::size_t i = 0; i < 8; ++i) {
        const unsigned index = b.grid[8 * group + i] | (b.grid_high[group] >> i & 1u) << 8;
        grid_codes_4(iq3_s_grid[index], nibble(b.signs, 8 * group + i), &c.code[4 * i]);
    }
}
template void unpack_groups<iq3_s>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
