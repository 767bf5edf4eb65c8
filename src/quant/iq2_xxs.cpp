#include <plume/quant/iq2_xxs.hpp>

#include "grid.hpp"
#include "grid_search.hpp"
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

namespace {

struct grid_of_iq2_xxs : grid_of_eight {
    static constexpr auto&       words = iq2_xxs_grid;
    static constexpr auto        signs = grid_signs::even;
    static constexpr std::size_t group = 32;
};

void encode_costed(const float* w, const float* importance, iq2_xxs::block& b) noexcept {
    const auto found = best_grid_block<grid_of_iq2_xxs>(w, importance);
    b.d              = found.d;
    for (std::size_t group = 0; group < 8; ++group) {
        const auto&         fit  = found.fit[group];
        const std::uint32_t word = signs_and_sub(fit.signs, found.sub[group]);
        std::uint16_t*      q    = b.q + 4 * group;
        q[0]                     = static_cast<std::uint16_t>(fit.entry[0] | fit.entry[1] << 8);
        q[1]                     = static_cast<std::uint16_t>(fit.entry[2] | fit.entry[3] << 8);
        q[2]                     = static_cast<std::uint16_t>(word & 0xffff);
        q[3]                     = static_cast<std::uint16_t>(word >> 16);
    }
}

}  // namespace

void iq2_xxs::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void iq2_xxs::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
