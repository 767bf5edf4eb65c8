#include <plume/quant/iq4_xs.hpp>

#include "grid.hpp"

namespace plume::quant {

void iq4_xs::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq4_xs>(b, w); }

void iq4_xs::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const unsigned sub = nibble(b.subs_low, group) | (b.subs_high >> group * 2 & 3u) << 4;
    set_scales(c, widened(b.d), static_cast<int>(sub) - 32);
    unpack_nibbles(b.q + 16 * group, c);
}
template void unpack_groups<iq4_xs>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
