#include <plume/quant/bf16.hpp>

namespace plume::quant {

void bf16::decode(const block& b, std::span<float, weights> w) noexcept { w[0] = to_float(b.value); }
void bf16::encode(std::span<const float, weights> w, block& b) noexcept { b.value = to_bfloat16(w[0]); }

}  // namespace plume::quant
