#include <plume/quant/f16.hpp>

namespace plume::quant {

void f16::decode(const block& b, std::span<float, weights> w) noexcept { w[0] = to_float(b.value); }
void f16::encode(std::span<const float, weights> w, block& b) noexcept { b.value = to_half(w[0]); }

}  // namespace plume::quant
