#include <plume/quant/iq4_nl.hpp>

#include "iq4_values.hpp"
#include "search.hpp"
#include "unpack.hpp"

namespace plume::quant {

void iq4_nl::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<iq4_nl>(b, w); }

void iq4_nl::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    unpack_nibbles(b.q, c);
}
template void unpack_groups<iq4_nl>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, iq4_nl::block& b) noexcept {
    const costed<32, V> c(w, importance);
    b.d                                  = finite_half(best_scale<table_codes<iq4_values>>(c));
    const float                  inverse = inverse_of(to_float(b.d));
    std::array<std::uint8_t, 32> code;
    nearest_places<iq4_values>(w, inverse, code);
    pack_nibbles(code, b.q);
}

}  // namespace

void iq4_nl::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), by_size(w), b); }
void iq4_nl::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
