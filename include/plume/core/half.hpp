#pragma once

#include <cstdint>

namespace plume {

/// IEEE 754 binary16, as bits. Bodies are in the library: float code is never emitted from installed headers.
struct half {
    std::uint16_t bits                   = 0;
    friend bool   operator==(half, half) = default;
};

/// bfloat16, as bits: the upper half of a binary32.
struct bfloat16 {
    std::uint16_t bits                           = 0;
    friend bool   operator==(bfloat16, bfloat16) = default;
};

[[nodiscard]] float    to_float(half h) noexcept;      // exact
[[nodiscard]] float    to_float(bfloat16 b) noexcept;  // exact
[[nodiscard]] half     to_half(float f) noexcept;      // round to nearest even; beyond the range: infinity
[[nodiscard]] bfloat16 to_bfloat16(float f) noexcept;  // round to nearest even

}  // namespace plume
