#include <plume/quant/f32.hpp>

#include "floats.hpp"

namespace plume::quant {

void f32::decode(const block& b, std::span<float, weights> w) noexcept { w[0] = b.value; }
void f32::encode(std::span<const float, weights> w, block& b) noexcept { b.value = w[0]; }

template <>
void decode_floats<f32>(const std::byte* from, std::size_t n, float* to) noexcept {
    std::memcpy(to, from, n * sizeof(float));
}
template <>
void encode_floats<f32>(const float* from, std::size_t n, std::byte* to) noexcept {
    std::memcpy(to, from, n * sizeof(float));
}

}  // namespace plume::quant
