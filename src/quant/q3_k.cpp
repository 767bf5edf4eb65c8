#include <plume/quant/q3_k.hpp>

#include "blocks_256.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q3_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q3_k>(b, w); }

void q3_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::size_t s   = 2 * group + half_group;
        const int         low = b.subs[s % 8] >> s / 8 * 4 & 15, high = b.subs[8 + s % 4] >> s / 4 * 2 & 3;
        c.sub[half_group] = i8((low | high << 4) - 32);
    }
    const std::uint8_t* q = b.q + group / 4 * 32;
    unpack_fields(q, group % 4 * 2, 3, c);
    add_fields(b.high, group, 1, 2, c);
}
template void unpack_groups<q3_k>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, q3_k::block& b) noexcept {
    const auto found = best_block<even_codes<-4, 3>, -32, 31>(groups_of<16>(w, importance));
    b.d              = found.d;
    std::fill(std::begin(b.subs), std::end(b.subs), std::uint8_t{0});
    std::array<std::uint8_t, 256> code;
    for (std::size_t s = 0; s < 16; ++s) {
        const unsigned sub = static_cast<unsigned>(found.sub[s] + 32);
        b.subs[s % 8]      = u8(b.subs[s % 8] | (sub & 15) << s / 8 * 4);
        b.subs[8 + s % 4]  = u8(b.subs[8 + s % 4] | sub >> 4 << s / 4 * 2);
        nearest_codes<-4, 3, 4, 16>(w + 16 * s, 0, inverse_of(to_float(b.d) * static_cast<float>(found.sub[s])), &code[16 * s]);
    }
    pack_low_bits(code, b.q);
    for (std::size_t i = 0; i < 32; ++i) {
        unsigned bits = 0;
        for (std::size_t group = 0; group < 8; ++group) bits |= code[32 * group + i] >> 2 << group;
        b.high[i] = u8(bits);
    }
}

}  // namespace

void q3_k::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void q3_k::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
