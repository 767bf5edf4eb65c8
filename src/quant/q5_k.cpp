#include <plume/quant/q5_k.hpp>

#include "blocks_256.hpp"
#include "six_bits.hpp"

namespace plume::quant {

void q5_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q5_k>(b, w); }

void q5_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    const auto [sub, min] = unpack_six_bits(b.subs_and_mins, group);
    set_scales(c, widened(b.d), sub, widened(b.dmin), min);
    const std::uint8_t* q = b.q + group / 2 * 32;
    unpack_fields(q, group % 2 * 4, 15, c);
    add_fields(b.high, group, 1, 4, c);
}
template void unpack_groups<q5_k>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, q5_k::block& b) noexcept {
    constexpr int levels = 31;
    const auto    found  = best_affine_block<levels, 63>(groups_of<32>(w, importance));
    b.d = found.d, b.dmin = found.dmin;
    std::array<sub_and_min, 8>    integers;
    std::array<std::uint8_t, 256> code;
    for (std::size_t group = 0; group < 8; ++group) {
        integers[group] = {u8(static_cast<std::size_t>(found.sub[group])), u8(static_cast<std::size_t>(found.min[group]))};
        nearest_codes<0, levels, 0, 32>(w + 32 * group, -to_float(b.dmin) * static_cast<float>(found.min[group]),
                                        inverse_of(to_float(b.d) * static_cast<float>(found.sub[group])), &code[32 * group]);
    }
    for (std::size_t i = 0; i < 128; ++i) b.q[i] = u8((code[i / 32 * 64 + i % 32] & 15) | (code[i / 32 * 64 + 32 + i % 32] & 15) << 4);
    for (std::size_t i = 0; i < 32; ++i) {
        unsigned bits = 0;
        for (std::size_t group = 0; group < 8; ++group) bits |= static_cast<unsigned>(code[32 * group + i]) >> 4 << group;
        b.high[i] = u8(bits);
    }
    pack_six_bits(integers, b.subs_and_mins);
}

}  // namespace

void q5_k::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void q5_k::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
