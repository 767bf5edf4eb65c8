#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What Python's str knows about characters. Unicode 14, that of Python 3.11 (tools/make_case_tables.py).
namespace plume::jinja {

enum class letter_case : std::uint8_t { upper, title, lower };

/// Up to three code points, the rest 0.
using case_image = std::array<char32_t, 3>;

[[nodiscard]] case_image     to_case(char32_t point, letter_case wanted) noexcept;  // a final sigma is the caller's affair
[[nodiscard]] bool           is_space(char32_t point) noexcept;                     // str.isspace, and \s of regular expressions
[[nodiscard]] bool           is_printable(char32_t point) noexcept;                 // str.isprintable
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] std::size_t byte_of_point(std::string_view text, std::size_t point) noexcept;  // text.size() where there are fewer

/// Bytes of white space at the start and at the end.
[[nodiscard]] std::size_t space_at_start(std::string_view text) noexcept;
[[nodiscard]] std::size_t space_at_end(std::string_view text) noexcept;

/// Where the last character begins; the text must not be empty.
[[nodiscard]] std::size_t last_character(std::string_view text) noexcept;

}  // namespace plume::jinja
