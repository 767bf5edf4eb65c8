#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "src/text/describe.hpp"
#include "src/text/json_fields.hpp"

// The parts of a tokenizer.json, each read by its own function.

namespace plume::text {

/// Names and types by id while they come together: first those of the model, then the added tokens.
struct json_tokens {
    std::vector<std::string_view> names;
    std::vector<token_type>       types;

    /// Errors: format_limit (the id is beyond max_tokens), format_invalid (it has another name already).
    result<void> add(const json_fields& at, std::string_view key, std::string_view name, std::int64_t id, token_type type);
};

/// "model": its kind, tokens, merges and flags.
result<void> read_json_model(const json_fields& root, description& out, json_tokens& tokens);
/// "added_tokens".
result<void> read_json_added(const json_fields& root, description& out, json_tokens& tokens);
/// "normalizer", "pre_tokenizer", "decoder".
result<void> read_json_steps(const json_fields& root, description& out, const loading& with);
/// Steps of "normalizer" that a normaliser does.
result<void> read_json_normalizer(std::span<const json_fields> steps, description& out);
/// "post_processor": what encode puts around a text.
result<void> read_json_template(const json_fields& root, description& out);

/// The steps of a normaliser, pre-tokenizer or such: those inside a Sequence, in order, or the one. `list`: what a Sequence calls its steps.
/// Errors: format_invalid; format_limit where there are more than 64, or Sequences more than 8 deep.
result<std::vector<json_fields>> flat_steps(const json_fields& root, std::string_view key, std::string_view list);

}  // namespace plume::text
