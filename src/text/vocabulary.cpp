#include "src/text/vocabulary.hpp"

#include <algorithm>

namespace plume::text {
namespace {

constexpr std::string_view tokens_key = "tokenizer.ggml.tokens";
constexpr std::string_view types_key  = "tokenizer.ggml.token_type";

/// Types by id. Files from before the types were written get what the names show.
result<std::vector<token_type>> load_types(const io::gguf& file, std::size_t n_tokens) {
    std::vector<token_type> types(n_tokens, token_type::normal);
    if (!file.find(types_key)) return types;
    auto given = file.array(types_key, io::value_type::i64);
    if (!given) return std::move(given).error();
    if ((*given)->size() != n_tokens)
        return file.fault(code::format_invalid, "has another length than the list of tokens")
            .about("key", types_key)
            .expected_found(n_tokens, (*given)->size());
    for (std::size_t i = 0; i < n_tokens; ++i) {
        const auto value = (*given)->integer(i).value_or(-1);
        if (value < 0 || value > 6)
            return file.fault(code::format_invalid, "is not a token type")
                .about("key", element_of(types_key, i))
                .expected_found("0 to 6", std::to_string(value));
        if (value != 0) types[i] = static_cast<token_type>(value);  // 0 is "undefined": plain text
    }
    return types;
}

}  // namespace

std::string element_of(std::string_view key, std::size_t index) { return std::string(key) + '[' + std::to_string(index) + ']'; }

result<token_id> token_key(const io::gguf& file, std::string_view key, const vocabulary& words) {
    if (!file.find(key)) return token_id{-1};
    auto id = file.count(key);
    if (!id) return std::move(id).error();
    if (*id >= words.size())
        return file.fault(code::format_invalid, "names a token outside the vocabulary")
            .about("key", key)
            .expected_found("below " + std::to_string(words.size()), std::to_string(*id));
    return static_cast<token_id>(*id);
}

result<token_id> find_unknown(const io::gguf& file, const vocabulary& words) {
    auto named = token_key(file, "tokenizer.ggml.unknown_token_id", words);
    if (!named) return named;
    if (*named >= 0) return words.type(*named) == token_type::unknown ? *named : token_id{-1};
    for (token_id id = 0; words.has(id); ++id)
        if (words.type(id) == token_type::unknown) return id;
    return token_id{-1};
}

result<vocabulary> vocabulary::load(const io::gguf& file, const notice_fn& on_notice) {
    auto tokens = file.array(tokens_key, io::value_type::string);
    if (!tokens) return std::move(tokens).error();
    const auto&       list = **tokens;
    const std::size_t n    = list.size();
    if (n == 0) return file.fault(code::format_invalid, "is empty").about("key", tokens_key);
    if (n > max_tokens)
        return file.fault(code::format_limit, "has more tokens than the limit max_tokens").about("key", tokens_key).expected_found(max_tokens, n);

    vocabulary  words;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto text = list.text(i).value_or(std::string_view{});
        if (text.size() > max_token_bytes)
            return file.fault(code::format_limit, "is a token of absurd length: limit max_token_bytes")
                .about("key", element_of(tokens_key, i))
                .expected_found(max_token_bytes, text.size());
        words.longest_ = std::max(words.longest_, text.size());
        bytes += text.size();
    }
    if (bytes > 0xffffffff) return file.fault(code::format_limit, "has more than 4 GiB of text").about("key", tokens_key);
    words.names_.reserve(bytes);
    words.starts_.reserve(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
        words.starts_.push_back(static_cast<std::uint32_t>(words.names_.size()));
        words.names_ += list.text(i).value_or(std::string_view{});
    }
    words.starts_.push_back(static_cast<std::uint32_t>(words.names_.size()));

    auto types = load_types(file, n);
    if (!types) return std::move(types).error();
    words.types_       = *std::move(types);
    words.types_given_ = file.find(types_key) != nullptr;
    if (!words.types_given_ && on_notice)
        on_notice(notice::vocabulary_odd, "the file gives no token types: only the tokens that its keys name are taken as control tokens");
    return words;
}

result<void> vocabulary::build_index(const io::gguf& file) {
    const auto name_of = [this](token_id id) { return name(id); };
    const auto fill    = [&] {
        for (const bool first : {true, false})
            for (token_id id = 0; has(id); ++id)
                if (mergeable(id) == first && !name(id).empty() && !index_.add(name(id), id, name_of)) return false;
        return true;
    };
    for (std::size_t attempt = 0; attempt < text_index::attempts; ++attempt) {
        index_.reset(size(), attempt);
        if (fill()) return {};
    }
    return file.fault(code::format_invalid, "has texts made to collide in every hash function").about("key", tokens_key);
}

}  // namespace plume::text
