#include <plume/quant/q4_0.hpp>

#include "search.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q4_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q4_0>(b, w); }

void q4_0::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    unpack_nibbles(b.q, c);
}
template void unpack_groups<q4_0>(const std::byte*, std::size_t, codes_32*) noexcept;

void q4_0::encode(std::span<const float, weights> w, block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    b.d = encode_even_quickly<8>(costed<32, by_size>(w.data(), by_size(w)), code);
    pack_nibbles(code, b.q);
}
void q4_0::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    b.d = encode_even<8>(costed<32>(w.data(), importance.data()), code);
    pack_nibbles(code, b.q);
}

}  // namespace plume::quant
