#include <plume/quant/iq3_xxs.hpp>

#include "grid.hpp"
#include "iq3_grids.hpp"

namespace plume::quant {

void iq3_xxs::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq3_xxs>(b, w); }

void iq3_xxs::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const std::uint32_t word = b.signs_and_s[2 * group] | static_cast<std::uint32_t>(b.signs_and_s[2 * group + 1]) << 16;
    set_scales(c, widened(b.d) / 4, static_cast<int>(2 * (word >> 28) + 1));
    for (std::size_t i = 0; i < 8; ++i) {
        const unsigned signs = even_signs(word >> i / 2 * 7);
        grid_codes_4(iq3_xxs_grid[b.grid[8 * group + i]], signs >> i % 2 * 4, &c.code[4 * i]);
    }
}
template void unpack_groups<iq3_xxs>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
