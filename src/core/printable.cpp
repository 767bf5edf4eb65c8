#include <plume/core/printable.hpp>
#include <plume/core/utf8.hpp>

#include <charconv>

namespace plume {
namespace {

/// Unicode's Bidi_Control and its line and paragraph separators: text that holds them is shown in another order, or on another line.
bool rearranges(char32_t point) {
    return (point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069) || point == 0x200e || point == 0x200f || point == 0x061c;
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
    constexpr char digits[] = "0123456789abcdef";
    std::string    out;
    for (std::size_t i = 0; i < text.size();) {
        const auto  c    = utf8::decode_one(text.substr(i));
        const auto  size = c.valid ? c.size : 1;
        std::string shown;
        if (c.valid && c.code_point >= 0x20 && !(c.code_point >= 0x7f && c.code_point < 0xa0) && !rearranges(c.code_point)) {
            shown = c.code_point == '\\' ? "\\\\" : std::string(text.substr(i, size));
        } else {
            for (std::size_t j = i; j < i + size; ++j) {
                const auto byte = static_cast<unsigned char>(text[j]);
                shown += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
            }
        }
        if (out.size() + shown.size() > longest) return out + "...";
        out += shown;
        i += size;
    }
    return out;
}

std::string to_text(double number) {
    char       text[40];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    return {text, end};
}

}  // namespace plume
