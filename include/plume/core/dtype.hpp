#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plume {

/// Precision of the cached keys and values. q8_0: 8 bits, with a 16-bit scale for every 32 elements of a position.
enum class kv_type : std::uint8_t { f16, f32, q8_0 };
inline constexpr std::size_t n_kv_types = 3;

/// How activations that meet quantised weights are rounded, in blocks of 32: to 8 bits everywhere, to 15 everywhere,
/// or to 15 for q, k, v, o and the head and to 8 for the feed-forward. Float weights always meet float activations.
enum class activations : std::uint8_t { a8, mixed, a16 };

using token_id = std::int32_t;

/// What one position's key or value of E elements takes.
[[nodiscard]] constexpr std::size_t bytes_of(kv_type t, std::size_t E) noexcept {
    return t == kv_type::f16 ? 2 * E : t == kv_type::f32 ? 4 * E : E + 2 * ((E + 31) / 32);
}
[[nodiscard]] constexpr std::string_view name(kv_type t) noexcept { return t == kv_type::f16 ? "f16" : t == kv_type::f32 ? "f32" : "q8_0"; }
[[nodiscard]] constexpr std::string_view name(activations a) noexcept { return a == activations::a8 ? "a8" : a == activations::mixed ? "mixed" : "a16"; }

}  // namespace plume
