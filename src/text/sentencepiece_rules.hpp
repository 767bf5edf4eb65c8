#pragma once

#include <string_view>

#include "src/text/description.hpp"

namespace plume::text {

/// What SentencePiece does to a text before it looks for pieces: its `normalizer_spec`.
struct sentencepiece_rules {
    std::string_view charsmap;  // may be empty
    bool             add_dummy_prefix = true, remove_extra_whitespaces = true, escape_whitespaces = true, space_behind = false;
};

/// Gives the description a normaliser with these rules, behind which the algorithm finds its spaces marked. User-defined tokens of `out.words` that are not
/// cut out before stay as they are. Errors: those of charsmap::read, about `key`.
result<void> use_rules(const sentencepiece_rules& rules, std::string_view key, description& out);

/// Sets `symbols` to the user-defined tokens that the algorithm finds.
result<void> find_symbols(description& out);

/// Whether a user-defined token is found by the algorithm, as SentencePiece does it, and not cut out before. Those that frame messages are cut out: a message
/// must not become them.
[[nodiscard]] bool is_inner(const description& d, token_id id) noexcept;

}  // namespace plume::text
