#pragma once

#include <span>
#include <string_view>

#include "arguments.hpp"

namespace plume::jinja {

/// The globals that can be called: dict, namespace, raise_exception, range, strftime_now. A value of type function holds its place here.
[[nodiscard]] std::span<const builtin> functions() noexcept;

/// The date and time as strftime of the C locale writes it; an error for a conversion that is not known.
[[nodiscard]] value strftime(runtime& r, const value& format);

}  // namespace plume::jinja
