#include <plume/quant/q5_0.hpp>

#include "search.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q5_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q5_0>(b, w); }

void q5_0::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    unpack_nibbles(b.q, c);
    add_fifth_bits(b.high, c);
}
template void unpack_groups<q5_0>(const std::byte*, std::size_t, codes_32*) noexcept;

void q5_0::encode(std::span<const float, weights> w, block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    b.d = encode_even_quickly<16>(costed<32, std::nullptr_t>(w.data(), nullptr), code);
    pack_nibbles(code, b.q);
    pack_fifth_bits(code, b.high);
}
void q5_0::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    b.d = encode_even<16>(costed<32>(w.data(), importance.data()), code);
    pack_nibbles(code, b.q);
    pack_fifth_bits(code, b.high);
}

}  // namespace plume::quant
