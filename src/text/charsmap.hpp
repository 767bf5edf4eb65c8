#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>

namespace plume::text {

/// The most bytes that one rule of a charsmap may put in the place of a character. Unicode's longest, of U+FDFA, is 33.
inline constexpr std::size_t max_rule_bytes = 1024;

/// SentencePiece's `precompiled_charsmap`: replacements for characters and short sequences. Four bytes with the size of a trie; the trie, a double array of
/// 32-bit units as the library Darts writes it; then the replacements, each ended by a zero byte, which the trie's values point at. All little-endian.
/// The bytes are untrusted: each step through the trie is checked, and a rule that leads outside counts as no rule.
class charsmap {
public:
    /// Errors: format_truncated, format_invalid, with the reason; the caller adds the place.
    static result<charsmap> read(std::string_view bytes);

    struct match {
        std::size_t      size;         // bytes of the text that the rule is for, whole characters
        std::string_view replacement;  // valid UTF-8
    };
    /// The rule for the longest beginning of `text`, as SentencePiece looks for it.
    [[nodiscard]] std::optional<match> longest(std::string_view text) const noexcept;
    /// The rule for the shortest beginning of `text`, as the library `tokenizers` looks for it.
    [[nodiscard]] std::optional<match> shortest(std::string_view text) const noexcept;
    /// Whether a rule may begin with this byte.
    [[nodiscard]] bool begins(char byte) const noexcept { return begins_[static_cast<unsigned char>(byte)]; }

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return units_.capacity() * sizeof(units_[0]) + replacements_.capacity(); }

private:
    template <bool stop_at_first>
    [[nodiscard]] std::optional<match> find(std::string_view text) const noexcept;

    std::vector<std::uint32_t> units_;
    std::string                replacements_;  // ends with a zero byte
    std::array<bool, 256>      begins_{};
};

}  // namespace plume::text
