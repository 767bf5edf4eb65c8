#pragma once

#include <array>
#include <cstdint>

namespace plume {

/// Philox4x32-10: 128 random bits of a counter and a key, without a state.
/// Source: "Parallel Random Numbers: As Easy as 1, 2, 3", Salmon et al. 2011, section 3.3 and table 2.
[[nodiscard]] std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) noexcept;

/// Number `n` of the sequence of `seed`, in the open interval (0, 1): a multiple of 2^-53.
[[nodiscard]] double uniform(std::uint64_t seed, std::uint64_t n) noexcept;

}  // namespace plume
