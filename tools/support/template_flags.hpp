#pragma once

#include <optional>
#include <string>
#include <vector>

#include <plume/chat.hpp>

#include "arguments.hpp"

namespace plume::tool {

/// The options that say how messages become a prompt.
struct template_flags {
    std::optional<std::string> jinja, tools;
    std::vector<std::string>   sets;  // NAME=JSON, as given

    void add(arguments& a);
    /// Reads the files and the values. invalid_argument shows a value that is no JSON.
    [[nodiscard]] result<chat_options> read(const interrupt& stop) const;
};

/// A JSON file. Errors start with its path.
[[nodiscard]] result<plume::json::document> read_json(const std::string& path, const interrupt& stop);

/// "2026-03-07", "2026-03-07 14:05" or with seconds.
[[nodiscard]] std::optional<chat_template::time> to_time(std::string_view text);

}  // namespace plume::tool
