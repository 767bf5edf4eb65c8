#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>

namespace plume::jinja {

enum class token_kind : std::uint8_t {
    text,
    print_begin,  // {{
    print_end,
    block_begin,  // {%
    block_end,
    name,
    string,  // with its quotes
    integer,
    number,
    symbol,  // an operator or a bracket
    end,
};

/// A part of the source.
struct token {
    token_kind    kind  = token_kind::end;
    std::uint32_t begin = 0, size = 0;
};

/// The source as jinja sees it: lines end in \n, and one line end at the very end is not there.
[[nodiscard]] std::string with_plain_lines(std::string_view source);

/// Cuts a template into tokens as jinja2's lexer does with trim_blocks and lstrip_blocks; comments and white space inside tags are left out, raw blocks
/// are text. Linear in the source, which must be valid UTF-8 with plain lines. The last token is `end`.
/// Errors: format_invalid (an unknown character, a tag, comment, string or bracket that does not close).
[[nodiscard]] result<std::vector<token>> cut_into_tokens(std::string_view source);

}  // namespace plume::jinja
