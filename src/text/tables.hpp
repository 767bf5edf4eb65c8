#pragma once

#include <memory>
#include <vector>

#include <plume/text/tokenizer.hpp>

#include "src/text/added_tokens.hpp"
#include "src/text/algorithm.hpp"

namespace plume {

/// What a tokenizer is made of. Immutable once loaded.
struct tokenizer::tables {
    std::unique_ptr<const text::algorithm> algorithm;
    text::added_tokens                     user_defined;                         // looked for in every text
    text::added_tokens                     special;                              // these, and control and unknown tokens: with parse_special only
    text::added_tokens                     user_defined_normal, special_normal;  // the same, but looked for in the text as the normaliser leaves it
    text::space_marking                    spaces;
    std::vector<token_id>                  prefix, suffix;  // what encode puts around a text
    std::vector<token_id>                  end_tokens;
    token_id                               bos = -1, eos = -1;
    bool                                   wants_bos = false;

    [[nodiscard]] const text::vocabulary& words() const noexcept { return algorithm->words(); }

    /// The bytes of a token in running text, appended. Control tokens have none unless shown; the unknown token is U+FFFD.
    void append_bytes(token_id id, bool show_special, std::string& out) const;
    /// Whether encode puts a space behind this token, when text follows.
    [[nodiscard]] bool begins_stretch(token_id id) const noexcept;
};

/// tokenizer::from_gguf with helpers, where there are some.
[[nodiscard]] result<tokenizer> load_tokenizer(const io::gguf& file, const text::loading& with);

}  // namespace plume
