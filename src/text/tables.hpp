#pragma once

#include <memory>
#include <vector>

#include <plume/text/tokenizer.hpp>

#include "src/text/algorithm.hpp"
#include "src/text/matcher.hpp"

namespace plume {

/// What a tokenizer is made of. Immutable once loaded.
struct tokenizer::tables {
    std::unique_ptr<const text::algorithm> algorithm;
    text::matcher                          user_defined;  // looked for in every text
    text::matcher                          special;       // these, and control and unknown tokens: with parse_special, and in a template's own text
    text::matcher                          in_data;       // of the user-defined ones those that a message may hold, see text::is_marker
    std::vector<token_id>                  end_tokens;
    token_id                               bos = -1, eos = -1;
    bool                                   wants_bos    = false;
    bool                                   without_text = false;  // a model that came without its tokenizer

    [[nodiscard]] const text::vocabulary& words() const noexcept { return algorithm->words(); }

    /// The bytes of a token in running text, appended. Control tokens have none unless shown; the unknown token is U+FFFD.
    void append_bytes(token_id id, bool show_special, std::string& out) const;
    /// Whether encode puts a space behind this token, when text follows.
    [[nodiscard]] bool begins_stretch(token_id id) const noexcept;
};

namespace text {
/// Whether a token's name is that of a mark which frames messages ("<|user|>", "[INST]", "</s>") and not of a piece of text ("<table>", "ø", a run of spaces).
[[nodiscard]] bool is_marker(std::string_view name) noexcept;
}  // namespace text

/// tokenizer::from_gguf with helpers, where there are some.
[[nodiscard]] result<tokenizer> load_tokenizer(const io::gguf& file, const text::loading& with);

/// For a model that came without its tokenizer: no text, and the special ids that the file names.
[[nodiscard]] result<tokenizer> load_without_text(const io::gguf& file);
[[nodiscard]] error             without_text_error();

}  // namespace plume
