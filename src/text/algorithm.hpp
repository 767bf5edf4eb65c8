#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/executor.hpp>
#include <plume/core/notice.hpp>
#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>

#include "src/text/merging.hpp"
#include "src/text/vocabulary.hpp"

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
    [[nodiscard]] virtual bool             adds_bos() const noexcept        = 0;  // where the file does not say
    [[nodiscard]] virtual bool             adds_space() const noexcept      = 0;  // encode puts a space before each stretch
    [[nodiscard]] virtual std::size_t      allocated_bytes() const noexcept = 0;
    [[nodiscard]] const vocabulary&        words() const noexcept { return words_; }

protected:
    vocabulary words_;
};

/// Who watches and helps a load.
struct loading {
    const notice_fn&       on_notice;
    const std::stop_token& stop;
    executor*              workers;                     // null: this thread alone
    std::string_view       fallback_pretokenizer = {};  // what tokenizer_options says
};

using algorithm_loader = result<std::unique_ptr<algorithm>> (*)(const io::gguf& file, vocabulary words, const loading& with);

result<std::unique_ptr<algorithm>> load_sentencepiece(const io::gguf& file, vocabulary words, const loading& with);
result<std::unique_ptr<algorithm>> load_byte_level(const io::gguf& file, vocabulary words, const loading& with);

/// THE LIST of tokenizer kinds, by their `tokenizer.ggml.model`.
struct algorithm_entry {
    std::string_view gguf_name;
    algorithm_loader load;
};
inline constexpr algorithm_entry algorithms[] = {
    {"llama", load_sentencepiece},
    {"gpt2", load_byte_level},
};

}  // namespace plume::text
