#pragma once

#include <cstdint>
#include <string_view>

#include "arguments.hpp"

namespace plume::jinja {

/// The place of a test (`x is name`) in their table, or unknown_id.
[[nodiscard]] std::uint32_t test_id(std::string_view name) noexcept;
[[nodiscard]] bool          run_test(runtime& r, std::uint32_t id, const value& subject, const arguments& given);

}  // namespace plume::jinja
