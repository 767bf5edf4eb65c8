#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plume::text {

/// Appends the bytes that a text in base64 stands for (RFC 4648, section 4: padded, no white space); false where it is none, and then `out` is anything.
[[nodiscard]] inline bool append_base64(std::string_view text, std::string& out) {
    if (text.size() % 4 != 0) return false;
    const auto value = [](char c) {
        if (c >= 'A' && c <= 'Z') return c - 'A';
        if (c >= 'a' && c <= 'z') return c - 'a' + 26;
        if (c >= '0' && c <= '9') return c - '0' + 52;
        return c == '+' ? 62 : c == '/' ? 63 : -1;
    };
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::size_t n = 4;  // characters that are no padding
        if (i + 4 == text.size())
            while (n > 2 && text[i + n - 1] == '=') --n;
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const int v = k < n ? value(text[i + k]) : 0;
            if (v < 0) return false;
            bits = bits << 6 | static_cast<std::uint32_t>(v);
        }
        if (n < 4 && (bits & (n == 2 ? 0xffffu : 0xffu)) != 0) return false;  // two texts for the same bytes would be two tokens
        for (std::size_t k = 0; k + 1 < n; ++k) out += static_cast<char>(bits >> (16 - 8 * k) & 0xff);
    }
    return true;
}

}  // namespace plume::text
