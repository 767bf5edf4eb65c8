#include <plume/quant/q5_k.hpp>

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

}  // namespace plume::quant
