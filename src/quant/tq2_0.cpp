#include <plume/quant/tq2_0.hpp>

#include "search.hpp"
#include "unpack.hpp"

namespace plume::quant {

void tq2_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<tq2_0>(b, w); }

void tq2_0::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    const std::uint8_t* q = b.q + group / 4 * 32;
    unpack_fields(q, group % 4 * 2, 3, c);
}
template void unpack_groups<tq2_0>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, tq2_0::block& b) noexcept {
    const costed<256, V> c(w, importance);
    b.d                                   = finite_half(best_ternary(c));
    const float                   inverse = inverse_of(to_float(b.d));
    std::array<std::uint8_t, 256> codes;
    nearest_codes<-1, 1, 1>(w, 0, inverse, codes);
    pack_low_bits(codes, b.q);
}

}  // namespace

void tq2_0::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void tq2_0::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
