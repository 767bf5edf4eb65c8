#include <plume/quant/iq1_s.hpp>

#include "grid.hpp"
#include "grid_search.hpp"
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

namespace {

struct grid_of_iq1_s : grid_of_signs {
    static constexpr auto&       words          = iq1_grid;
    static constexpr bool        shift_of_eight = false;
    static constexpr std::size_t group          = 32;
};

void encode_costed(const float* w, const float* importance, iq1_s::block& b) noexcept {
    const auto found = best_grid_block<grid_of_iq1_s>(w, importance);
    b.d              = found.d;
    for (std::size_t group = 0; group < 8; ++group) {
        const auto& fit  = found.fit[group];
        unsigned    high = static_cast<unsigned>(found.sub[group]) << 12 | static_cast<unsigned>(fit.signs[0]) << 15;
        for (std::size_t i = 0; i < 4; ++i) {
            b.grid[4 * group + i] = u8(fit.entry[i] & 255);
            high |= static_cast<unsigned>(fit.entry[i]) >> 8 << 3 * i;
        }
        b.high[group] = static_cast<std::uint16_t>(high);
    }
}

}  // namespace

void iq1_s::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void iq1_s::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
