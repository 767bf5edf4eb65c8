#include <plume/quant/iq4_nl.hpp>

#include "unpack.hpp"

namespace plume::quant {

void iq4_nl::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq4_nl>(b, w); }

void iq4_nl::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    unpack_nibbles(b.q, c);
}
template void unpack_groups<iq4_nl>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
