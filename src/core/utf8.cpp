#include <plume/core/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace plume::utf8 {
namespace {

struct lead {
    std::size_t   size;       // bytes of the whole character; 0: no character starts so
    unsigned char low, high;  // range of the second byte (Unicode 15, table 3-7)
};

constexpr lead lead_of(unsigned char byte) noexcept {
    if (byte < 0x80) return {1, 0, 0};
    if (byte < 0xc2) return {0, 0, 0};
    if (byte < 0xe0) return {2, 0x80, 0xbf};
    if (byte == 0xe0) return {3, 0xa0, 0xbf};
    if (byte == 0xed) return {3, 0x80, 0x9f};
    if (byte < 0xf0) return {3, 0x80, 0xbf};
    if (byte == 0xf0) return {4, 0x90, 0xbf};
    if (byte < 0xf4) return {4, 0x80, 0xbf};
    if (byte == 0xf4) return {4, 0x80, 0x8f};
    return {0, 0, 0};
}

/// How many bytes from the start of `text` fit `l`, at most l.size.
std::size_t fitting(const lead& l, std::string_view text) noexcept {
    std::size_t n = 1;
    for (; n < l.size && n < text.size(); ++n) {
        const auto byte = static_cast<unsigned char>(text[n]);
        const bool ok   = n == 1 ? byte >= l.low && byte <= l.high : (byte & 0xc0) == 0x80;
        if (!ok) break;
    }
    return n;
}

}  // namespace

decoded decode_one(std::string_view text) noexcept {
    constexpr char32_t replacement = 0xfffd;
    const auto         first       = static_cast<unsigned char>(text[0]);
    const lead         l           = lead_of(first);
    if (l.size == 0) return {replacement, 1, false};
    const std::size_t n = fitting(l, text);
    if (n < l.size) return {replacement, n, false};
    constexpr unsigned char payload[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    char32_t                value     = first & payload[l.size];
    for (std::size_t i = 1; i < l.size; ++i) value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
    return {value, l.size, true};
}

std::size_t incomplete_tail(std::string_view text) noexcept {
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const auto tail = text.substr(text.size() - back);
        const lead l    = lead_of(static_cast<unsigned char>(tail[0]));
        if (l.size > back && fitting(l, tail) == back) return back;
        if (l.size != 0) return 0;
    }
    return 0;
}

void append(std::string& out, char32_t c) {
    const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
    } else {
        put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f)), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
    }
}

std::size_t count(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string place_of(std::string_view text, std::size_t byte) {
    const auto before = text.substr(0, std::min(byte, text.size()));
    const auto line   = 1 + std::count(before.begin(), before.end(), '\n');
    const auto begin  = before.rfind('\n') + 1;  // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " + std::to_string(1 + count(before.substr(begin)));
}

std::size_t first_invalid(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        for (std::uint64_t word; text.size() - i >= sizeof word; i += sizeof word) {  // ASCII, which most text is, eight at a time
            std::memcpy(&word, text.data() + i, sizeof word);
            if ((word & 0x8080808080808080) != 0) break;
        }
        if (i == text.size()) break;
        const auto c = decode_one(text.substr(i));
        if (!c.valid) return i;
        i += c.size;
    }
    return std::string_view::npos;
}

std::string replace_invalid(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto c = decode_one(text.substr(i));
        if (c.valid)
            out += text.substr(i, c.size);
        else
            append(out, c.code_point);
        i += c.size;
    }
    return out;
}

}  // namespace plume::utf8
