#pragma once

#include <cstring>

#include <plume/quant/format.hpp>

namespace plume::quant {

/// F::decode and F::encode of many weights at any address, with the same bits; in each format's own file.
template <float_format F>
void decode_floats(const std::byte* from, std::size_t n, float* to) noexcept;
template <float_format F>
void encode_floats(const float* from, std::size_t n, std::byte* to) noexcept;

}  // namespace plume::quant
