#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace plume::tool {

using json = nlohmann::ordered_json;  // keys stay in the order they were written

/// Always valid JSON, in UTF-8, one line and a newline: invalid bytes become U+FFFD, numbers that are none become null.
[[nodiscard]] inline std::string to_line(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"; }

}  // namespace plume::tool
