#pragma once

#include <cmath>
#include <cstddef>

namespace plume::reference {

inline constexpr double u = 0x1p-24;  // half a unit of f32's last place

/// n roundings in a row change a value by at most this share. Higham, "Accuracy and Stability of Numerical Algorithms", lemma 3.1.
inline double gamma(std::size_t n) { return static_cast<double>(n) * u / (1 - static_cast<double>(n) * u); }

/// How far `got` is from `want` in units of f32's last place at `want`.
inline double ulps(float got, double want) {
    if (std::isinf(got)) return want > 0x1.fffffep127 ? 0 : HUGE_VAL;
    int exponent;
    std::frexp(want, &exponent);
    return std::abs(static_cast<double>(got) - want) / std::ldexp(1.0, std::max(exponent - 24, -149));
}

}  // namespace plume::reference
