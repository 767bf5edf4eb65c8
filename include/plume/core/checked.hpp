#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace plume {

/// Arithmetic on sizes that come from files: the one place where it may wrap is nowhere. Empty where it would.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) noexcept {
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

[[nodiscard]] constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) noexcept {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

/// The next multiple of `step` (not 0) from `n` on.
[[nodiscard]] constexpr std::optional<std::uint64_t> checked_round_up(std::uint64_t n, std::uint64_t step) noexcept {
    const auto rest = n % step;
    return rest == 0 ? std::optional{n} : checked_add(n, step - rest);
}

[[nodiscard]] constexpr std::size_t round_up(std::size_t n, std::size_t step) noexcept { return (n + step - 1) / step * step; }
[[nodiscard]] constexpr std::size_t div_up(std::size_t n, std::size_t step) noexcept { return (n + step - 1) / step; }

}  // namespace plume
