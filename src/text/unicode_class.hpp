#pragma once

#include <cstdint>

namespace plume::text {

/// What a code point is to the patterns of pre-tokenizers: \p{L}, \p{N}, \s, or none of them. Unicode 16 (tools/make_unicode_tables.py).
enum class unicode_class : std::uint8_t { other, letter, number, space };

[[nodiscard]] unicode_class class_of(char32_t point) noexcept;

}  // namespace plume::text
