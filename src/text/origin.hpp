#pragma once

#include <string>
#include <string_view>

#include <plume/core/error.hpp>

namespace plume::text {

/// The file that a vocabulary came from, and what that kind of file calls its tables: what errors name.
struct origin {
    std::string      path;
    std::string_view tokens, types, scores, merges;  // "tokenizer.ggml.tokens"; of static duration

    /// An error about this file: starts with its path, ends with the usual next step.
    [[nodiscard]] error fault(code c, std::string_view what) const;
    /// What a load says that a stop token ended.
    [[nodiscard]] error cancelled() const;
};

/// "tokenizer.ggml.tokens[17]"
[[nodiscard]] std::string element_of(std::string_view key, std::size_t index);

}  // namespace plume::text
