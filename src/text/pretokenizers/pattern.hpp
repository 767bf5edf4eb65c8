#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "src/text/pretokenizers/char_set.hpp"

namespace plume::text {

/// A regular expression as a program for an abstract machine that follows all its threads at once, in order of preference.
/// Source of the method: Thompson, "Regular Expression Search Algorithm", 1968; with the order of backtracking: Pike's sam.
struct pattern_program {
    enum class op : std::uint8_t { set, look, split, jump, match };
    struct instruction {
        op            what;
        std::uint16_t a = 0, b = 0;  // set: which; look: which set, and 1 where the end of the text counts too; split: preferred and other target; jump: target
    };
    std::vector<instruction> code;  // starts at 0
    std::vector<char_set>    sets;
};

/// The language of published pre-tokenizers: literals, classes (nested, negated, &&), \p{..}, \s \d \w, groups ((?:..), (?i:..)), alternatives, greedy
/// quantifiers, $, and one character looked ahead at: (?=X) and (?!X). ?+ and ++ are read as ? and +: in the patterns that have them nothing behind them
/// could match what they gave back. Nothing for what is outside the language, and for programs of more than 4000 instructions.
[[nodiscard]] std::optional<pattern_program> parse_pattern(std::string_view pattern);

/// What GPT-2 cuts text by, and the byte-level step of other tokenizers too.
inline constexpr std::string_view gpt2_pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

}  // namespace plume::text
