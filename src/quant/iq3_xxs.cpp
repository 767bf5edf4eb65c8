#include <plume/quant/iq3_xxs.hpp>

#include "grid.hpp"
#include "grid_search.hpp"
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

namespace {

struct grid_of_iq3_xxs : grid_of_four {
    static constexpr auto& words        = iq3_xxs_grid;
    static constexpr auto  signs        = grid_signs::even;
    static constexpr float values[1][8] = {{4, 12, 20, 28, 36, 44, 52, 62}}, largest = 62, unit = 0.25f;
};

void encode_costed(const float* w, const float* importance, iq3_xxs::block& b) noexcept {
    const auto found = best_grid_block<grid_of_iq3_xxs>(w, importance);
    b.d              = found.d;
    for (std::size_t group = 0; group < 8; ++group) {
        const auto& fit = found.fit[group];
        for (std::size_t i = 0; i < 8; ++i) b.grid[8 * group + i] = u8(fit.entry[i]);
        const std::uint32_t word     = signs_and_sub(fit.signs, found.sub[group]);
        b.signs_and_s[2 * group]     = static_cast<std::uint16_t>(word & 0xffff);
        b.signs_and_s[2 * group + 1] = static_cast<std::uint16_t>(word >> 16);
    }
}

}  // namespace

void iq3_xxs::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void iq3_xxs::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
