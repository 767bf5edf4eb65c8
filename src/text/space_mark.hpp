#pragma once

#include <string>
#include <string_view>

#include "src/text/description.hpp"

namespace plume::text {

inline constexpr std::string_view space_mark = "\xe2\x96\x81";  // U+2581, SentencePiece's space

/// "<0x41>" is 65; -1 for anything else. The digits are upper case, as SentencePiece writes them: one name a byte.
[[nodiscard]] constexpr int byte_of_name(std::string_view name) noexcept {
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    if (name.size() != 6 || name.substr(0, 3) != "<0x" || name[5] != '>') return -1;
    const int high = digit(name[3]), low = digit(name[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/// What `how` makes of a stretch of text; `first`: it begins the text. Not for an empty one.
[[nodiscard]] inline std::string marked(std::string_view text, const space_marking& how, bool first) {
    const std::string_view space = how.marks ? space_mark : " ";
    std::string            out;
    out.reserve(text.size() + (how.marks ? text.size() / 2 : 0) + space.size());
    const bool there = text.starts_with(' ') || text.starts_with(space);
    if (how.prefix == prefix_rule::always || (how.prefix == prefix_rule::unless_there && !there))
        if (first || !how.first_only) out += space;
    if (!how.marks) return out += text;
    for (const char c : text) {
        if (c == ' ')
            out += space;
        else
            out += c;
    }
    return out;
}

/// Appends `text` with spaces for their marks.
inline void append_unmarked(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size();) {
        const bool space = text.substr(i).starts_with(space_mark);
        out += space ? ' ' : text[i];
        i += space ? space_mark.size() : 1;
    }
}

}  // namespace plume::text
