#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>
#include <plume/core/result.hpp>

#include "interrupt.hpp"

namespace plume::tool {

inline constexpr std::size_t longest_input = std::size_t{256} << 20;  // of a prompt or a text: far above any context, far below any memory

/// All of standard input, or of a file, byte for byte but for a byte order mark at its beginning. Errors: file_not_found, file_io (a folder, unreadable, longer
/// than longest_input), cancelled for Ctrl-C.
[[nodiscard]] result<std::string> read_stdin(const interrupt& stop);
[[nodiscard]] result<std::string> read_file(const std::string& path, const interrupt& stop);

/// Token ids in decimal, separated by white space and commas. invalid_argument shows the first word that is none.
[[nodiscard]] result<std::vector<token_id>> parse_ids(std::string_view text);

}  // namespace plume::tool
