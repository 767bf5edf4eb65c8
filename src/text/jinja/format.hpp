#pragma once

#include "arguments.hpp"
#include "runtime.hpp"

namespace plume::jinja {

/// text % values, as Python's for the conversions s r d i u x X o f F e E g G c and %%.
[[nodiscard]] value format_percent(runtime& r, const value& text, const value& values);
/// The filter `format`: with names, or with what stands for a tuple.
[[nodiscard]] value format_percent(runtime& r, const value& text, const arguments& given);

/// text.format(...): fields by place and name, with subscripts, !s and !r, and the usual format specifications of strings and numbers.
[[nodiscard]] value format_braces(runtime& r, const value& text, const arguments& given);

}  // namespace plume::jinja
