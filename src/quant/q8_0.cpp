#include <plume/quant/q8_0.hpp>

#include "encode.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q8_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q8_0>(b, w); }

void q8_0::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    for (std::size_t i = 0; i < 32; ++i) c.code[i] = u8(b.q[i] + offset);
}
template void unpack_groups<q8_0>(const std::byte*, std::size_t, codes_32*) noexcept;

void q8_0::encode(std::span<const float, weights> w, block& b) noexcept {
    b.d                 = finite_half(std::fabs(peak_of(w)) / 127);
    const float inverse = inverse_of(to_float(b.d));
    for (std::size_t i = 0; i < 32; ++i) b.q[i] = i8(nearest(w[i] * inverse, -127, 127));
}

}  // namespace plume::quant
