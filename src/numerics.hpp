#pragma once

// Elementary functions with the same bits everywhere: IEEE + - * / and integer shifts alone, no libm (glibc picks FMA variants by CPU).
// Private to the library. They expect round to nearest even and denormals kept (fp_control in system.hpp).
// Each result is within 1 ulp of the exact value; tests/core/numerics.cpp measures it against long double.

namespace plume::numerics {

[[nodiscard]] double exp(double x) noexcept;  // 0 and infinity beyond the range; NaN for NaN
[[nodiscard]] double log(double x) noexcept;  // -infinity for 0, NaN below it
[[nodiscard]] double sin(double x) noexcept;  // every finite x, reduced exactly; NaN for infinities
[[nodiscard]] double cos(double x) noexcept;
[[nodiscard]] double pow(double a, double b) noexcept;  // a > 0, both finite; NaN otherwise

}  // namespace plume::numerics
