#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/text/chat_template.hpp>

#include "interrupt.hpp"

namespace plume::tool {

/// Messages as JSON: an array of objects with "role" and "content", and "name", "reasoning_content", "tool_call_id", "tool_calls" where they are there.
[[nodiscard]] std::string to_text(const std::vector<message>& messages);

/// The inverse. format_invalid names the message that is none, and how many there are before it.
[[nodiscard]] result<std::vector<message>> to_messages(std::string_view text);

/// Writes `text` to a temporary name beside `path`, readable by its owner alone, and gives it that name when all is on the disk: nobody sees half a file, and
/// an old one stays where the writing fails. Refuses to replace what is no talk. Errors: file_io.
[[nodiscard]] result<void> save_messages(const std::string& path, const std::vector<message>& messages, const interrupt& stop);

[[nodiscard]] result<std::vector<message>> load_messages(const std::string& path, const interrupt& stop);

}  // namespace plume::tool
