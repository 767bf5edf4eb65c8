#include <plume/quant/q6_k.hpp>

#include "blocks_256.hpp"

namespace plume::quant {

void q6_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q6_k>(b, w); }

void q6_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    c.sub                 = {b.subs[2 * group], b.subs[2 * group + 1]};
    const std::size_t   h = group / 4, p = group % 4;
    const std::uint8_t *low = b.low + 64 * h + 32 * (p % 2), *high = b.high + 32 * h;
    unpack_fields(low, p / 2 * 4, 15, c);
    add_fields(high, p * 2, 3, 4, c);
}
template void unpack_groups<q6_k>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, q6_k::block& b) noexcept {
    const auto found = best_block<even_codes<-32, 31>, -128, 127>(groups_of<16>(w, importance));
    b.d              = found.d;
    std::array<std::uint8_t, 256> code;
    for (std::size_t s = 0; s < 16; ++s) {
        b.subs[s] = i8(found.sub[s]);
        nearest_codes<-32, 31, 32, 16>(w + 16 * s, 0, inverse_of(to_float(b.d) * static_cast<float>(found.sub[s])), &code[16 * s]);
    }
    for (std::size_t i = 0; i < 128; ++i) b.low[i] = u8((code[i / 64 * 128 + i % 64] & 15) | (code[i / 64 * 128 + 64 + i % 64] & 15) << 4);
    for (std::size_t i = 0; i < 64; ++i) {
        unsigned bits = 0;
        for (std::size_t p = 0; p < 4; ++p) bits |= static_cast<unsigned>(code[i / 32 * 128 + 32 * p + i % 32]) >> 4 << 2 * p;
        b.high[i] = u8(bits);
    }
}

}  // namespace

void q6_k::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void q6_k::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
