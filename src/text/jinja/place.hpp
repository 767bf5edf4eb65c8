#pragma once

#include <cstddef>
#include <string_view>

#include <plume/core/error.hpp>

namespace plume::jinja {

/// "at line 3, column 7 of the chat template: <what>".
[[nodiscard]] error error_at(code c, std::string_view source, std::size_t byte, std::string_view what);

}  // namespace plume::jinja
