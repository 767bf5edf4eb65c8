#pragma once

#include <span>
#include <string_view>

#include <plume/core/json.hpp>
#include <plume/text/chat_template.hpp>

#include "runtime.hpp"

/// The caller's inputs as values: all of it data, but for the common names of roles.
namespace plume::jinja {

[[nodiscard]] value from_json(runtime& r, const json::value& v);

/// An array of messages.
[[nodiscard]] value messages_from_json(runtime& r, const json::value& v);
[[nodiscard]] value messages_from(runtime& r, std::span<const message> messages);

}  // namespace plume::jinja
