#include <plume/quant/q8_0.hpp>

#include "search.hpp"
#include "unpack.hpp"

namespace plume::quant {

void q8_0::decode(const block& b, std::span<float, weights> w) noexcept { decode_codes<q8_0>(b, w); }

void q8_0::unpack(const block& b, std::size_t, codes_32& c) noexcept {
    set_scales(c, widened(b.d));
    for (std::size_t i = 0; i < 32; ++i) c.code[i] = u8(b.q[i] + offset);
}
template void unpack_groups<q8_0>(const std::byte*, std::size_t, codes_32*) noexcept;

namespace {

template <class V>
void encode_costed(const float* w, V importance, q8_0::block& b) noexcept {
    const costed<32, V> c(w, importance);
    const float         peak = std::fabs(peak_of(std::span<const float, 32>(c.x)));
    // The peak stays within half a step of its code: nothing is cut off.
    b.d = finite_half(peak > 0 && std::isfinite(peak) ? fit_scales<all_codes>(c, f4{127.0f, 126.65f, 127.3f, 126.8f} * all4(1 / peak)).best().scale : 0);
    const float                 inverse = inverse_of(to_float(b.d));
    std::array<std::int8_t, 32> code;
    nearest_codes<-127, 127, 0>(w, 0, inverse, code);
    std::copy(code.begin(), code.end(), b.q);
}

}  // namespace

void q8_0::encode(std::span<const float, weights> w, block& b) noexcept { encode_costed(w.data(), nullptr, b); }
void q8_0::encode(std::span<const float, weights> w, std::span<const float, weights> importance, block& b) noexcept {
    encode_costed(w.data(), importance.data(), b);
}

}  // namespace plume::quant
