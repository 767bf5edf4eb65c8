#pragma once

#include <stop_token>

#include <plume/core/executor.hpp>
#include <plume/core/json.hpp>
#include <plume/core/notice.hpp>
#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>

#include "src/text/description.hpp"

namespace plume::text {

/// Who watches and helps a load.
struct loading {
    const notice_fn&       on_notice;
    const std::stop_token& stop;
    executor*              workers;                     // null: this thread alone
    std::string_view       fallback_pretokenizer = {};  // what tokenizer_options says

    void note(std::string_view text) const {
        if (on_notice) on_notice(notice::vocabulary_odd, text);
    }
};

/// The `tokenizer.*` keys of a GGUF file. The description lives as long as a copy of `file`.
result<description> describe_gguf(const io::gguf& file, const loading& with);

/// A `tokenizer.json` of Hugging Face's library. The description lives as long as the document.
result<description> describe_json(const json::value& root, const std::string& path, const loading& with);

/// A `tekken.json` of Mistral AI; its names are copied.
result<description> describe_tekken(const json::value& root, const std::string& path, const loading& with);

/// A `tokenizer.model` of SentencePiece. The description lives as long as the bytes.
result<description> describe_sentencepiece(std::string_view bytes, const std::string& path, const loading& with);

/// Takes the pre-tokenizer that the caller names for files whose own is missing or not known. Errors: `why` where the caller names none; invalid_argument.
result<void> use_fallback(error why, description& out, const loading& with);
/// The names of the list, for errors.
[[nodiscard]] std::string known_pretokenizers();

}  // namespace plume::text
