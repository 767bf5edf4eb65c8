#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>

#include "src/text/describe.hpp"
#include "src/text/merging.hpp"

namespace plume::text {

/// How one kind of tokenizer turns plain text into tokens and a token into bytes. Special tokens, BOS and broken UTF-8 are not its business.
/// Immutable and shared between threads.
class algorithm {
public:
    explicit algorithm(vocabulary words) : words_(std::move(words)) {}
    virtual ~algorithm()                   = default;
    algorithm(const algorithm&)            = delete;
    algorithm& operator=(const algorithm&) = delete;

    /// Appends the ids of `text`: valid UTF-8, not empty, a whole stretch between special tokens.
    virtual void encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const = 0;
    /// Appends the bytes of a token that is neither control nor unknown.
    virtual void append_bytes(token_id id, std::string& out) const = 0;

    [[nodiscard]] virtual std::string_view kind() const noexcept            = 0;
    [[nodiscard]] virtual std::string_view pretokenizer() const noexcept    = 0;
    [[nodiscard]] virtual bool             adds_space() const noexcept      = 0;  // encode puts a space before each stretch
    [[nodiscard]] virtual std::size_t      allocated_bytes() const noexcept = 0;
    [[nodiscard]] const vocabulary&        words() const noexcept { return words_; }

protected:
    vocabulary words_;
};

/// Builds an algorithm from what a file says: its `words`, and what belongs to its kind. `unknown` is the token itself, or -1.
using algorithm_maker = result<std::unique_ptr<algorithm>> (*)(description d, const loading& with);

result<std::unique_ptr<algorithm>> make_sentencepiece(description d, const loading& with);
result<std::unique_ptr<algorithm>> make_byte_level(description d, const loading& with);
result<std::unique_ptr<algorithm>> make_character_bpe(description d, const loading& with);
result<std::unique_ptr<algorithm>> make_unigram(description d, const loading& with);
result<std::unique_ptr<algorithm>> make_wordpiece(description d, const loading& with);

/// THE LIST of tokenizer kinds.
struct algorithm_entry {
    model_kind      kind;
    algorithm_maker make;
};
inline constexpr algorithm_entry algorithms[] = {
    {model_kind::sentencepiece, make_sentencepiece}, {model_kind::byte_level, make_byte_level},
    {model_kind::character_bpe, make_character_bpe}, {model_kind::unigram, make_unigram},
    {model_kind::wordpiece, make_wordpiece},
};

}  // namespace plume::text
