#include <plume/quant/tq1_0.hpp>

#include "unpack.hpp"

namespace plume::quant {

namespace {

std::uint8_t digit(std::uint8_t byte, std::size_t n) noexcept {
    constexpr std::uint8_t powers[] = {1, 3, 9, 27, 81};
    return u8((byte * powers[n] & 255) * 3 >> 8);
}

}  // namespace

void tq1_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<tq1_0>(b, w); }

void tq1_0::unpack(const block& b, std::size_t group, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    for (std::size_t i = 0; i < 32; ++i) {
        const std::size_t at = 32 * group + i;
        if (at < 160)
            c.code[i] = digit(b.q[i], group);
        else if (at < 240)
            c.code[i] = digit(b.q[32 + at % 16], (at - 160) / 16);
        else
            c.code[i] = digit(b.last[at % 4], (at - 240) / 4);
    }
}
template void unpack_groups<tq1_0>(const std::byte*, std::size_t, codes_32*) noexcept;

}  // namespace plume::quant
