#include <plume/quant/iq1_m.hpp>

#include "grid.hpp"
#include "grid_search.hpp"
#include "iq1_grid.hpp"

namespace plume::quant {

void iq1_m::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq1_m>(b, w); }

void iq1_m::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const unsigned d = b.subs[0] >> 12 | b.subs[1] >> 12 << 4 | b.subs[2] >> 12 << 8 | b.subs[3] >> 12 << 12;
    set_scales(c, widened(half{static_cast<std::uint16_t>(d)}) / 8);
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::size_t s = 2 * group + half_group;
        c.sub[half_group]   = i8((b.subs[s / 4] >> s % 4 * 3 & 7) * 2 + 1);
    }
    for (std::size_t i = 0; i < 4; ++i) {
        const unsigned high = nibble(b.high, 4 * group + i);
        grid_codes_8(iq1_grid[b.grid[4 * group + i] | (high & 7) << 8], high >> 3 ? 255 : 0, &c.code[8 * i]);
    }
}
template void unpack_groups<iq1_m>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

struct grid_of_iq1_m : grid_of_signs {
    static constexpr auto&       words          = iq1_grid;
    static constexpr bool        shift_of_eight = true;
    static constexpr std::size_t group          = 16;
};

void encode_costed(const float* w, const float* importance, iq1_m::block& b) noexcept {
    const auto found = best_grid_block<grid_of_iq1_m>(w, importance);
    b                = {.grid = {}, .high = {}, .subs = {}};
    for (std::size_t eight = 0; eight < 32; ++eight) {
        const auto&    fit   = found.fit[eight / 2];
        const unsigned entry = fit.entry[eight % 2];
        b.grid[eight]        = u8(entry & 255);
        set_nibble(b.high, eight, static_cast<int>(entry >> 8 | static_cast<unsigned>(fit.signs[eight % 2]) << 3));
    }
    for (std::size_t group = 0; group < 16; ++group) b.subs[group / 4] = static_cast<std::uint16_t>(b.subs[group / 4] | found.sub[group] << group % 4 * 3);
    for (std::size_t i = 0; i < 4; ++i) b.subs[i] = static_cast<std::uint16_t>(b.subs[i] | (found.d.bits >> 4 * i & 15) << 12);
}

}  // namespace

void iq1_m::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void iq1_m::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
