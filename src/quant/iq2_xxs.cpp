#include <plume/quant/iq2_xxs.hpp>

#include "grid.hpp"
#include "iq2_grids.hpp"

namespace plume::quant {

void iq2_xxs::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq2_xxs>(b, w); }

void iq2_xxs::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const std::uint16_t* q    = b.q + 4 * group;
    const std::uint32_t  word = q[2] | static_cast<std::uint32_t>(q[3]) << 16;
    set_scales(c, widened(b.d) / 8, static_cast<int>(2 * (word >> 28) + 1));
    for (std::size_t i = 0; i < 4; ++i) grid_codes_8(iq2_xxs_grid[q[i / 2] >> i % 2 * 8 & 255], even_signs(word >> 7 * i), &c.code[8 * i]);
}
template void unpack_groups<iq2_xxs>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
