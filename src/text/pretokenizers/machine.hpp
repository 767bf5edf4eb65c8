#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/text/pretokenizers/pattern.hpp"

namespace plume::text {

/// A regular expression as a table: state and character give the next state. It finds what a backtracking matcher finds, as its states are the ordered
/// lists of threads that such a matcher would try; one look at each character, and no memory of its own.
/// Code points fall into classes that no set of the pattern tells apart; ASCII has its own columns, so that a step is one load.
class machine {
public:
    /// Nothing when the pattern is outside the language, or needs more than 4096 states.
    [[nodiscard]] static std::optional<machine> make(std::string_view pattern);

    static constexpr std::size_t no_match = static_cast<std::size_t>(-1);

    /// Where the match that begins at `begin` ends, or no_match. `text` is valid UTF-8; what lies behind it does not count.
    [[nodiscard]] std::size_t match(std::string_view text, std::size_t begin) const noexcept {
        const auto*       bytes = reinterpret_cast<const unsigned char*>(text.data());
        const std::size_t end   = text.size();
        std::size_t       last = no_match, i = begin, state = start;
        while (i < end) {
            if (bytes[i] < 0x80) {
                const auto* row  = ascii_.data() + state * 128;
                const auto  next = row[bytes[i]];
                if (next & accepts) last = i;
                ++i;
                if (next >> 1 == state) {  // inside a word: steps that need not wait for each other
                    while (i < end && bytes[i] < 0x80 && row[bytes[i]] == next) ++i;
                    if (next & accepts) last = i - 1;
                } else {
                    state = next >> 1;
                    if (state == dead) return last;
                }
            } else {
                std::size_t size = 1;
                const auto  next = wide_[state * n_classes_ + class_at(text, i, size)];
                if (next & accepts) last = i;
                state = next >> 1;
                if (state == dead) return last;
                i += size;
            }
        }
        return wide_[state * n_classes_] & accepts ? end : last;
    }

    [[nodiscard]] std::size_t allocated_bytes() const noexcept;

private:
    struct builder;
    static constexpr std::uint16_t accepts = 1;  // in a step: a match ends before the character
    static constexpr std::size_t   dead = 0, start = 1;

    /// The class of the character at `i`, and its size. Class 0 is the end of the text. Bytes that are no character, as a step may leave that cuts
    /// characters apart, are some class.
    [[nodiscard]] std::size_t class_at(std::string_view text, std::size_t i, std::size_t& size) const noexcept {
        const auto*   p     = reinterpret_cast<const unsigned char*>(text.data()) + i;
        std::uint32_t point = 0xfffd;
        size                = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
        if (size > text.size() - i)
            size = text.size() - i;
        else if (size == 2)
            point = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        else if (size == 3)
            point = (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        else
            point = std::min((p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu), 0x10ffffu);
        return pages_[page_of_[point >> 8] * 256u + (point & 255)];
    }

    std::vector<std::uint16_t> ascii_;  // [state][byte]: next state · 2 + accepts
    std::vector<std::uint16_t> wide_;   // [state][class]
    std::vector<std::uint16_t> page_of_;
    std::vector<std::uint8_t>  pages_;  // class by code point, 256 a page
    std::size_t                n_classes_ = 0;
};

}  // namespace plume::text
