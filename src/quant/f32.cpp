#include <plume/quant/f32.hpp>

namespace plume::quant {

void f32::decode(const block& b, std::span<float, weights> w) noexcept { w[0] = b.value; }
void f32::encode(std::span<const float, weights> w, block& b) noexcept { b.value = w[0]; }

}  // namespace plume::quant
