#include "src/text/charsmap.hpp"

#include <algorithm>

#include <plume/core/utf8.hpp>

namespace plume::text {
namespace {

// A unit of the array: the label of the edge that leads to it, where its children are, and whether a value stands there.
constexpr std::uint32_t label_of(std::uint32_t unit) noexcept { return unit & 0x800000ffu; }  // the top bit marks a value: no edge leads to it
constexpr std::uint32_t offset_of(std::uint32_t unit) noexcept { return unit >> 10 << ((unit & 0x200u) >> 6); }
constexpr bool          has_value(std::uint32_t unit) noexcept { return (unit & 0x100u) != 0; }
constexpr std::uint32_t value_of(std::uint32_t unit) noexcept { return unit & 0x7fffffffu; }

std::uint32_t little_endian(const char* bytes) noexcept {
    std::uint32_t value = 0;
    for (int i = 3; i >= 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
}

bool is_boundary(std::string_view text, std::size_t at) noexcept { return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80; }

}  // namespace

result<charsmap> charsmap::read(std::string_view bytes) {
    if (bytes.size() < 4) return error{code::format_truncated, "is too short for the size of its trie"}.expected_found(std::size_t{4}, bytes.size());
    const std::size_t trie_bytes = little_endian(bytes.data());
    bytes.remove_prefix(4);
    if (trie_bytes > bytes.size()) return error{code::format_truncated, "ends inside its trie"}.expected_found(trie_bytes, bytes.size());
    if (trie_bytes == 0 || trie_bytes % 4 != 0)
        return error{code::format_invalid, "has a trie that is not made of 4-byte units"}.expected_found("a multiple of 4", std::to_string(trie_bytes));
    const auto texts = bytes.substr(trie_bytes);
    if (texts.empty() || texts.back() != '\0') return error{code::format_invalid, "ends inside a replacement"};
    if (const auto bad = utf8::first_invalid(texts); bad != std::string_view::npos)
        return error{code::format_invalid, "has a replacement that is not UTF-8"}.at(4 + trie_bytes + bad);
    for (std::size_t begin = 0; begin < texts.size();) {
        const auto size = texts.find('\0', begin) - begin;
        if (size > max_rule_bytes)
            return error{code::format_limit, "has a replacement beyond the limit max_rule_bytes"}
                .at(4 + trie_bytes + begin)
                .expected_found(max_rule_bytes, size);
        begin += size + 1;
    }
    charsmap map;
    map.units_.resize(trie_bytes / 4);
    for (std::size_t i = 0; i < map.units_.size(); ++i) map.units_[i] = little_endian(bytes.data() + 4 * i);
    map.replacements_ = texts;
    const auto root   = offset_of(map.units_[0]);
    for (std::uint32_t b = 0; b < 256; ++b) map.begins_[b] = (root ^ b) < map.units_.size() && label_of(map.units_[root ^ b]) == b;
    map.begins_[0] = false;  // a zero byte ends a key
    return map;
}

template <bool stop_at_first>
std::optional<charsmap::match> charsmap::find(std::string_view text) const noexcept {
    std::optional<match> found;
    std::uint32_t        at = offset_of(units_[0]);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        at ^= byte;
        if (byte == 0 || at >= units_.size() || label_of(units_[at]) != byte) break;
        const auto unit = units_[at];
        at ^= offset_of(unit);
        if (at >= units_.size()) break;
        if (!has_value(unit) || !is_boundary(text, i + 1)) continue;
        const auto value = value_of(units_[at]);
        if (value >= replacements_.size() || !is_boundary(replacements_, value)) continue;
        found = {i + 1, std::string_view(replacements_.data() + value)};
        if (stop_at_first) break;
    }
    return found;
}

std::optional<charsmap::match> charsmap::longest(std::string_view text) const noexcept { return find<false>(text); }
std::optional<charsmap::match> charsmap::shortest(std::string_view text) const noexcept { return find<true>(text); }

}  // namespace plume::text
