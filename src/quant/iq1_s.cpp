#include <plume/quant/iq1_s.hpp>

#include "grid.hpp"
#include "iq1_grid.hpp"

namespace plume::quant {

void iq1_s::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq1_s>(b, w); }

void iq1_s::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const unsigned high = b.high[group];
    set_scales(c, widened(b.d) / 8, static_cast<int>(2 * (high >> 12 & 7) + 1));
    for (std::size_t i = 0; i < 4; ++i) {
        const unsigned index = b.grid[4 * group + i] | (high >> 3 * i & 7) << 8;
        grid_codes_8(iq1_grid[index], high >> 15 ? 255 : 0, &c.code[8 * i]);
    }
}
template void unpack_groups<iq1_s>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
