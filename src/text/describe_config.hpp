#pragma once

#include <optional>
#include <string>

#include <plume/core/json.hpp>

#include "src/text/describe.hpp"

namespace plume::text {

/// What stands beside a tokenizer.json in a model's folder; each may be missing.
struct folder_files {
    struct json_file {
        std::string    path;
        json::document document;
    };
    std::optional<json_file>   tokenizer_config;    // "tokenizer_config.json"
    std::optional<json_file>   special_tokens_map;  // "special_tokens_map.json"
    std::optional<std::string> chat_template;       // the text of "chat_template.jinja"
};

/// Adds to `out` what those files say: BOS, EOS and the unknown token, whether encode adds the first two, and the chat template. A token's name that is not
/// in the vocabulary is left out with a notice. Errors: format_invalid for values of a wrong kind.
result<void> read_config(const folder_files& files, description& out, const loading& with);

}  // namespace plume::text
