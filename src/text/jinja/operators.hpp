#pragma once

#include "program.hpp"
#include "runtime.hpp"

namespace plume::jinja {

/// a + b, a - b, ... as Python does it for numbers, strings and lists. The result is data where an operand is. Integers that overflow are an error.
[[nodiscard]] value binary_operator(runtime& r, op kind, const value& a, const value& b);
[[nodiscard]] value negated(runtime& r, const value& v);
[[nodiscard]] value with_plus(runtime& r, const value& v);

/// v[start:stop:step]; each of them an integer, none or missing. An error for what has no slices.
[[nodiscard]] value slice(runtime& r, const value& v, const value& start, const value& stop, const value& step);

/// As markupsafe.escape: & < > " ' become character references.
[[nodiscard]] value escape_markup(runtime& r, const value& text);

}  // namespace plume::jinja
