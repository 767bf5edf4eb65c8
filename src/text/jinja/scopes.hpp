#pragma once

#include <cstddef>

#include <plume/core/result.hpp>

#include "program.hpp"

namespace plume::jinja {

/// Finds for every name of a program the scope and variable that it means, by the rules of jinja2's compiler: a scope has a variable of its own for each name
/// that is assigned in it anywhere, and it begins as a copy of the outer one; names that no scope assigns come from outside. Looks up filters and tests.
/// Linear in the program. Errors: format_limit (a tree that is too deep), format_unsupported (an unknown filter or test).
[[nodiscard]] result<void> resolve_names(program& p, std::size_t depth);

}  // namespace plume::jinja
