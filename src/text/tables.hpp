#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include <plume/text/tokenizer.hpp>

#include "src/text/algorithm.hpp"
#include "src/text/matcher.hpp"
#include "src/text/token_rules.hpp"

namespace plume {

namespace text {
/// Added tokens, ready to be looked for in a text.
struct added_set {
    matcher user_defined;  // looked for in every text
    matcher in_data;       // of the user-defined ones those that a message may hold, see is_marker
    matcher special;       // the user-defined, control and unknown ones: with parse_special, and in a template's own text

    struct sized {
        token_id      id;
        std::uint32_t bytes;
    };
    std::vector<sized> sizes;  // of their texts, by id; without any, the texts are the names

    [[nodiscard]] std::size_t size_of(token_id id, const vocabulary& words) const noexcept {
        if (sizes.empty()) return words.name(id).size();
        return std::lower_bound(sizes.begin(), sizes.end(), id, [](const sized& s, token_id i) { return s.id < i; })->bytes;
    }
    [[nodiscard]] std::size_t allocated_bytes() const noexcept {
        return sizes.capacity() * sizeof(sizes[0]) + user_defined.allocated_bytes() + in_data.allocated_bytes() + special.allocated_bytes();
    }
};
}  // namespace text

/// What a tokenizer is made of. Immutable once loaded.
struct tokenizer::tables {
    std::unique_ptr<const text::algorithm>  algorithm;
    text::added_set                         added;         // the added tokens as they stand in a text
    text::added_set                         added_normal;  // those that are looked for in the text as the normaliser leaves it, by its form of their names
    text::matcher                           in_template;   // all special ones, in a template's own text; empty where that is added.special
    text::token_rules                       rules;
    std::shared_ptr<const text::normaliser> normal;  // may be null
    text::space_marking                     spaces;
    std::vector<token_id>                   prefix, suffix;  // what encode puts around a text
    std::vector<token_id>                   end_tokens;
    token_id                                bos = -1, eos = -1;
    bool                                    wants_bos     = false;
    bool                                    without_text  = false;  // a model that came without its tokenizer
    bool                                    inner_symbols = false;  // the algorithm finds user-defined tokens but for markers
    std::string                             chat_template;          // its source; empty where the file carries none

    [[nodiscard]] const text::vocabulary& words() const noexcept { return algorithm->words(); }

    /// What a template's own text may name.
    [[nodiscard]] const text::matcher& of_templates() const noexcept { return in_template.empty() ? added.special : in_template; }

    /// The bytes of a token in running text, appended. Control tokens have none unless shown; the unknown token is U+FFFD.
    void append_bytes(token_id id, bool show_special, std::string& out) const;
    /// Whether encode puts a space behind this token, when text follows.
    [[nodiscard]] bool begins_stretch(token_id id) const noexcept;
};

namespace text {
/// Whether a token's name is that of a mark which frames messages ("<|user|>", "[INST]", "</s>") and not of a piece of text ("<table>", "ø", a run of spaces).
[[nodiscard]] bool is_marker(std::string_view name) noexcept;
}  // namespace text

/// The tables that a description asks for. Errors: format_invalid, format_limit, format_unsupported, cancelled.
[[nodiscard]] result<tokenizer> make_tokenizer(text::description d, const text::loading& with);

/// tokenizer::from_gguf with helpers, where there are some.
[[nodiscard]] result<tokenizer> load_tokenizer(const io::gguf& file, const text::loading& with);

/// For a model that came without its tokenizer: no text, and the special ids that the file names.
[[nodiscard]] result<tokenizer> load_without_text(const io::gguf& file);
[[nodiscard]] error             without_text_error();

}  // namespace plume
