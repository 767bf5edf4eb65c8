#include <plume/quant/iq3_s.hpp>

#include "grid.hpp"
#include "grid_search.hpp"
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

namespace {

struct grid_of_iq3_s : grid_of_four {
    static constexpr auto& words        = iq3_s_grid;
    static constexpr auto  signs        = grid_signs::own;
    static constexpr float values[1][8] = {{1, 3, 5, 7, 9, 11, 13, 15}}, largest = 15, unit = 1;
};

void encode_costed(const float* w, const float* importance, iq3_s::block& b) noexcept {
    const auto found = best_grid_block<grid_of_iq3_s>(w, importance);
    b                = {.d = found.d, .grid = {}, .grid_high = {}, .signs = {}, .subs = {}};
    for (std::size_t group = 0; group < 8; ++group) {
        const auto& fit = found.fit[group];
        for (std::size_t i = 0; i < 8; ++i) {
            b.grid[8 * group + i] = u8(fit.entry[i] & 255);
            b.grid_high[group]    = u8(b.grid_high[group] | fit.entry[i] >> 8 << i);
        }
        std::copy(fit.signs.begin(), fit.signs.end(), b.signs + 4 * group);
        set_nibble(b.subs, group, found.sub[group]);
    }
}

}  // namespace

void iq3_s::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void iq3_s::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
