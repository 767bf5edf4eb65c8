#include <plume/quant/iq2_xs.hpp>

#include "grid.hpp"
#include "grid_search.hpp"
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

namespace {

struct grid_of_iq2_xs : grid_of_eight {
    static constexpr auto&       words = iq2_xs_grid;
    static constexpr auto        signs = grid_signs::even;
    static constexpr std::size_t group = 16;
};

void encode_costed(const float* w, const float* importance, iq2_xs::block& b) noexcept {
    const auto found = best_grid_block<grid_of_iq2_xs>(w, importance);
    b                = {.d = found.d, .q = {}, .subs = {}};
    for (std::size_t eight = 0; eight < 32; ++eight) {
        const auto& fit = found.fit[eight / 2];
        b.q[eight]      = static_cast<std::uint16_t>(fit.entry[eight % 2] | (fit.signs[eight % 2] & 127) << 9);
    }
    for (std::size_t group = 0; group < 16; ++group) set_nibble(b.subs, group, found.sub[group]);
}

}  // namespace

void iq2_xs::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void iq2_xs::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
