#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "arguments.hpp"

namespace plume::jinja {

/// The place of a filter (`x|name`) in their tables, or unknown_id.
[[nodiscard]] std::uint32_t filter_id(std::string_view name) noexcept;
[[nodiscard]] value         run_filter(runtime& r, std::uint32_t id, const value& subject, const arguments& given);

[[nodiscard]] std::span<const builtin> scalar_filters() noexcept;    // text and numbers
[[nodiscard]] std::span<const builtin> sequence_filters() noexcept;  // what is iterated

}  // namespace plume::jinja
