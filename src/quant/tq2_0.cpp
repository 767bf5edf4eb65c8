#include <plume/quant/tq2_0.hpp>

#include "unpack.hpp"

namespace plume::quant {

void tq2_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<tq2_0>(b, w); }

void tq2_0::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    const std::uint8_t* q = b.q + group / 4 * 32;
    unpack_fields(q, group % 4 * 2, 3, c);
}
template void unpack_groups<tq2_0>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
