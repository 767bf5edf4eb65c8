#pragma once

#include <cstddef>
#include <cstdint>

#include "characters.hpp"
#include "runtime.hpp"

/// Methods of strings that filters use too. All keep the marks of their text.
namespace plume::jinja {

/// str.strip and its halves; `characters` is a string, or none or missing for white space.
[[nodiscard]] value strip(runtime& r, const value& text, const value& characters, bool at_start, bool at_end);

[[nodiscard]] value replace(runtime& r, const value& text, const value& old, const value& with, std::int64_t count);

/// str.upper and str.lower, and capitalize for `title`: the first character in title case, the rest in lower case.
[[nodiscard]] value change_case(runtime& r, const value& text, letter_case wanted);
void                add_lower(runtime& r, const marked& text, std::size_t begin, std::size_t end, text_builder& out);
void                add_case(const marked& text, std::size_t at, letter_case wanted, text_builder& out);  // of the one character at `at`

[[nodiscard]] value joined(runtime& r, const value& separator, const std::vector<value>& strings);

[[nodiscard]] std::vector<value> lines_of(runtime& r, const value& text, bool keep_ends);
[[nodiscard]] std::size_t        line_end_at_end(std::string_view line) noexcept;  // bytes; 0 where there is none

/// Spaces, or other characters, on both sides up to a width in code points.
[[nodiscard]] value padded(runtime& r, const value& text, std::int64_t width, const value& fill, bool left, bool right);

}  // namespace plume::jinja
