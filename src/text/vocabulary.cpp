#include "src/text/vocabulary.hpp"

#include <algorithm>

namespace plume::text {
result<vocabulary> vocabulary::copy(std::span<const std::string_view> names, const origin& from) {
    const std::size_t n = names.size();
    if (n == 0) return from.fault(code::format_invalid, "is empty").about("key", from.tokens);
    if (n > max_tokens)
        return from.fault(code::format_limit, "has more tokens than the limit max_tokens").about("key", from.tokens).expected_found(max_tokens, n);

    vocabulary  words;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto text = names[i];
        if (text.size() > max_token_bytes)
            return from.fault(code::format_limit, "is a token of absurd length: limit max_token_bytes")
                .about("key", element_of(from.tokens, i))
                .expected_found(max_token_bytes, text.size());
        words.longest_ = std::max(words.longest_, text.size());
        bytes += text.size();
    }
    if (bytes > 0xffffffff) return from.fault(code::format_limit, "has more than 4 GiB of text").about("key", from.tokens);
    words.names_.reserve(bytes);
    words.starts_.reserve(n + 1);
    for (std::size_t i = 0; i < n; ++i) {
        words.starts_.push_back(static_cast<std::uint32_t>(words.names_.size()));
        words.names_ += names[i];
    }
    words.starts_.push_back(static_cast<std::uint32_t>(words.names_.size()));
    words.types_.assign(n, token_type::normal);
    return words;
}

result<void> vocabulary::build_index(const origin& from) {
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
    return from.fault(code::format_invalid, "has texts made to collide in every hash function").about("key", from.tokens);
}

}  // namespace plume::text
