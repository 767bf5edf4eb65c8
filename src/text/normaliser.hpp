#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <plume/core/result.hpp>

#include "src/text/charsmap.hpp"
#include "src/text/piece_trie.hpp"
#include "src/text/unicode_forms.hpp"

namespace plume::text {

/// The longest that a normalised text may be: places in a text are 32-bit.
inline constexpr std::size_t max_normalised_bytes = std::size_t{3} << 30;
/// The longest text that a replacement may look for. It bounds the time of a step by a constant times the text.
inline constexpr std::size_t max_pattern_bytes = 256;
/// The longest text that a step may put in the place of one character, or before a text.
inline constexpr std::size_t max_content_bytes = 1024;

/// A set of characters: [a-z\s].
struct char_class {
    std::vector<std::pair<char32_t, char32_t>> ranges;            // first and last, in any order
    bool                                       space    = false;  // and white space
    bool                                       inverted = false;

    [[nodiscard]] bool has(char32_t point) const noexcept;
};

// What normalisers do, as the library `tokenizers` and SentencePiece define it. Each reads valid UTF-8 and writes valid UTF-8, in time linear in both.
namespace steps {

struct form {  // a Unicode normal form
    unicode_form form;
};
struct lowercase {};      // each character on its own: no final sigma
struct strip_accents {};  // drops combining marks; a letter that holds its accent keeps it
struct strip {            // white space at the ends
    bool left, right;
};
struct bert {
    bool clean_text, space_cjk, strip_accents, lowercase;
};
struct prepend {  // before a text that is not empty
    std::string text;
};
struct replace {  // each occurrence of a text, from left to right
    std::string pattern, content;
};
struct replace_run {  // each run of characters of a set: at least `least`, at most `most` at a time
    char_class  set;
    std::size_t least, most;
    std::string content;
};
struct nmt {};        // drops control characters; unusual white space becomes spaces
struct precompiled {  // a charsmap as `tokenizers` applies it: to grapheme clusters of less than six bytes, else to characters
    std::shared_ptr<const charsmap> map;
};
/// SentencePiece's own: the charsmap, if there is one, at every place for the longest match, and what it does with spaces.
struct sentencepiece {
    std::shared_ptr<const charsmap>   map;
    std::shared_ptr<const piece_trie> untouched;  // user-defined symbols stay as they are; may be null
    bool                              add_dummy_prefix, remove_extra_whitespaces, escape_whitespaces, space_behind;
};

}  // namespace steps

using normaliser_step = std::variant<steps::form, steps::lowercase, steps::strip_accents, steps::strip, steps::bert, steps::prepend, steps::replace,
                                     steps::replace_run, steps::nmt, steps::precompiled, steps::sentencepiece>;

/// `pattern` as a step, where it is one of the simple regular expressions that published tokenizers use: a text, or one character or set with a repetition,
/// such as " {2,}", "\\s+", "[\\n\\r\\t]". Errors: format_unsupported for any other, naming it.
result<normaliser_step> replace_regex(std::string_view pattern, std::string content);

/// What is done to a text before it is cut: a list of steps. It maps one stretch of text between special tokens at a time, so that marks which say where
/// stretches come from stay outside. Immutable once filled, and shared between threads.
class normaliser {
public:
    /// Errors: format_limit, for a text in a step that is beyond the limits.
    result<void> add(normaliser_step step);

    [[nodiscard]] bool                                empty() const noexcept { return steps_.empty(); }
    [[nodiscard]] const std::vector<normaliser_step>& steps() const noexcept { return steps_; }
    [[nodiscard]] std::size_t                         allocated_bytes() const noexcept;

    /// The normalised text: in `room`, or `text` itself where no step changes it. False in .second: beyond max_normalised_bytes; the text is cut there.
    struct room {
        std::string a, b;
    };
    [[nodiscard]] std::pair<std::string_view, bool> apply(std::string_view text, room& r) const;

private:
    std::vector<normaliser_step>         steps_;
    std::shared_ptr<const unicode_forms> forms_;  // where a step asks for one
};

}  // namespace plume::text
