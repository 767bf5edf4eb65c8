#include <plume/quant/tq1_0.hpp>

#include "search.hpp"
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

namespace {

template <class V>
void encode_costed(const float* w, V importance, tq1_0::block& b) noexcept {
    const costed<256, V> c(w, importance);
    b.d                                   = finite_half(best_ternary(c));
    const float                   inverse = inverse_of(to_float(b.d));
    std::array<std::uint8_t, 256> codes;
    nearest_codes<-1, 1, 1>(w, 0, inverse, codes);
    const auto code = [&](std::size_t i) { return static_cast<unsigned>(codes[i]); };
    // Five digits make a number below 243; the byte is the least one whose fraction of 256 gives them back.
    const auto byte = [](unsigned number) { return u8((number * 256 + 242) / 243); };
    for (std::size_t j = 0; j < 52; ++j) {
        unsigned number = 0;
        for (std::size_t n = 0; n < 5; ++n)
            number = 3 * number + (j < 32 ? code(32 * n + j) : j < 48 ? code(160 + 16 * n + j - 32) : n < 4 ? code(240 + 4 * n + j - 48) : 0);
        (j < 48 ? b.q[j] : b.last[j - 48]) = byte(number);
    }
}

}  // namespace

void tq1_0::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void tq1_0::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
