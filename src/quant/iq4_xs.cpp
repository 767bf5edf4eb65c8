#include <plume/quant/iq4_xs.hpp>

#include "blocks_256.hpp"
#include "grid.hpp"
#include "iq4_values.hpp"

namespace plume::quant {

void iq4_xs::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq4_xs>(b, w); }

void iq4_xs::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const unsigned sub = nibble(b.subs_low, group) | (b.subs_high >> group * 2 & 3u) << 4;
    set_scales(c, widened(b.d), static_cast<int>(sub) - 32);
    unpack_nibbles(b.q + 16 * group, c);
}
template void unpack_groups<iq4_xs>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, iq4_xs::block& b) noexcept {
    const auto found   = best_block<table_codes<iq4_values>, -32, 31>(groups_of<32>(w, importance));
    b.d                = found.d;
    unsigned subs_high = 0;
    std::fill(std::begin(b.subs_low), std::end(b.subs_low), std::uint8_t{0});
    for (std::size_t group = 0; group < 8; ++group) {
        const unsigned sub    = static_cast<unsigned>(found.sub[group] + 32);
        b.subs_low[group / 2] = u8(b.subs_low[group / 2] | (sub & 15) << group % 2 * 4);
        subs_high |= sub >> 4 << group * 2;
        const float                  inverse = inverse_of(to_float(b.d) * static_cast<float>(found.sub[group]));
        std::array<std::uint8_t, 32> code;
        nearest_places<iq4_values>(w + 32 * group, inverse, code);
        for (std::size_t i = 0; i < 16; ++i) b.q[16 * group + i] = u8(code[i] | code[i + 16] << 4);
    }
    b.subs_high = static_cast<std::uint16_t>(subs_high);
}

}  // namespace

void iq4_xs::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), by_size(w), b); }
void iq4_xs::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
