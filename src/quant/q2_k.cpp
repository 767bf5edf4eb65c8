#include <plume/quant/q2_k.hpp>

#include "blocks_256.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q2_k::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q2_k>(b, w); }

void q2_k::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d), 0, widened(b.dmin));
    for (std::size_t half_group = 0; half_group < 2; ++half_group) {
        const std::uint8_t both = b.subs_and_mins[2 * group + half_group];
        c.sub[half_group]       = i8(both & 15);
        c.min[half_group]       = both >> 4;
    }
    const std::uint8_t* q = b.q + group / 4 * 32;
    unpack_fields(q, group % 4 * 2, 3, c);
}
template void unpack_groups<q2_k>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, q2_k::block& b) noexcept {
    const auto found = best_affine_block<3, 15>(groups_of<16>(w, importance));
    b.d = found.d, b.dmin = found.dmin;
    std::array<std::uint8_t, 256> code;
    for (std::size_t group = 0; group < 16; ++group) {
        b.subs_and_mins[group] = u8(static_cast<std::size_t>(found.sub[group] | found.min[group] << 4));
        nearest_codes<0, 3, 0, 16>(w + 16 * group, -to_float(b.dmin) * static_cast<float>(found.min[group]),
                                   inverse_of(to_float(b.d) * static_cast<float>(found.sub[group])), &code[16 * group]);
    }
    pack_low_bits(code, b.q);
}

}  // namespace

void q2_k::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void q2_k::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
