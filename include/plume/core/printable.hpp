#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace plume {

/// Text from a file or a person, safe to show: control characters (C0, DEL, C1, bidirectional ones, line separators) and invalid UTF-8 become \xHH,
/// a backslash \\, and what is longer than `longest` bytes is cut at a character and ends in "...".
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest = 80);

/// The shortest text that reads back as the same number; the same in every locale.
[[nodiscard]] std::string to_text(double number);

}  // namespace plume
