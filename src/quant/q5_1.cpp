#include <plume/quant/q5_1.hpp>

#include "search.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q5_1::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q5_1>(b, w); }

void q5_1::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d), 1, -widened(b.m), 1);
    unpack_nibbles(b.q, c);
    add_fifth_bits(b.high, c);
}
template void unpack_groups<q5_1>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, q5_1::block& b) noexcept {
    std::array<std::uint8_t, 32> code;
    encode_affine<31>(costed<32, V>(w, importance), b.d, b.m, code);
    pack_nibbles(code, b.q);
    pack_fifth_bits(code, b.high);
}

}  // namespace

void q5_1::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void q5_1::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
