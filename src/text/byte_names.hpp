#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <plume/core/utf8.hpp>

namespace plume::text {

/// GPT-2's names for bytes: a byte that prints (in Latin-1) is its own character, the 68 others are U+0100 to U+0143 in order.
struct byte_names {
    std::array<char16_t, 256>       character{};
    std::array<std::int16_t, 0x144> byte{};  // by character; -1 where it names no byte

    constexpr byte_names() {
        byte.fill(-1);
        char16_t next = 0x100;
        for (int b = 0; b < 256; ++b) {
            const bool prints                            = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b != 0xad);
            character[static_cast<std::size_t>(b)]       = prints ? static_cast<char16_t>(b) : next++;
            byte[character[static_cast<std::size_t>(b)]] = static_cast<std::int16_t>(b);
        }
    }
};
inline constexpr byte_names names_of_bytes;
static_assert(names_of_bytes.character[' '] == 0x120 && names_of_bytes.character[0xad] == 0x143);

inline void append_name(std::string& out, unsigned char byte) { utf8::append(out, names_of_bytes.character[byte]); }

/// Writes the names of `text`, at most two bytes for one, and returns how many bytes they have.
inline std::size_t write_names(std::string_view text, char* out) noexcept {
    char* end = out;
    for (const char c : text) {
        const unsigned name = names_of_bytes.character[static_cast<unsigned char>(c)];
        if (name < 0x80) {
            *end++ = c;
        } else {
            *end++ = static_cast<char>(0xc0 | name >> 6);
            *end++ = static_cast<char>(0x80 | (name & 0x3f));
        }
    }
    return static_cast<std::size_t>(end - out);
}

}  // namespace plume::text
