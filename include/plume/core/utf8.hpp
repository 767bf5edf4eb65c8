#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace plume::utf8 {

struct decoded {
    char32_t    code_point;  // U+FFFD where invalid
    std::size_t size;        // bytes taken, at least 1; where invalid: the maximal subpart (Unicode 15, section 3.9), as Python's errors="replace"
    bool        valid;
};

/// The first character of `text`, which must not be empty. Overlong forms, surrogates and values above U+10FFFF are invalid.
[[nodiscard]] decoded decode_one(std::string_view text) noexcept;

/// Bytes at the end of `text` that begin a character which is not yet complete: 0 to 3. Streaming output holds these back.
[[nodiscard]] std::size_t incomplete_tail(std::string_view text) noexcept;

void append(std::string& out, char32_t code_point);

/// Characters of valid UTF-8.
[[nodiscard]] std::size_t count(std::string_view text) noexcept;

/// Where a byte of `text` is, for people: "line 3, column 7", lines and characters from 1 on.
[[nodiscard]] std::string place_of(std::string_view text, std::size_t byte);

/// Where the first invalid byte is, or npos.
[[nodiscard]] std::size_t first_invalid(std::string_view text) noexcept;

/// Each maximal invalid part becomes one U+FFFD, as Python's bytes.decode(errors="replace") does.
[[nodiscard]] std::string replace_invalid(std::string_view text);

}  // namespace plume::utf8
