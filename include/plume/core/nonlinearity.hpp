#pragma once

#include <cstddef>
#include <cstdint>

namespace plume {

/// The function between a feed-forward's matrices, of the gate alone where there is no up.
/// silu: g·σ(g). gelu_tanh, gelu_erf: "Gaussian Error Linear Units", Hendrycks and Gimpel 2016, approximated by tanh, and exact.
/// clamped_swiglu: gpt-oss's, (clamp(u, ±7) + 1) · g·σ(1.702·g) with g at most 7; the gpt-oss model card, section 2.2.
enum class nonlinearity : std::uint8_t { silu, gelu_tanh, gelu_erf, clamped_swiglu };
inline constexpr std::size_t n_nonlinearities = 4;

}  // namespace plume
