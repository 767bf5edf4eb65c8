#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>

#include "kernels/table.hpp"

namespace plume {

/// The compiled CPU targets, the best first.
[[nodiscard]] std::span<const kernels::target_entry> compiled_targets() noexcept;

/// The target of that name, or the best one that runs here for an empty name.
/// invalid_argument for an unknown name, cpu_unsupported for one that this CPU does not run; both list those that it does.
[[nodiscard]] result<const kernels::target_table*> choose_target(std::string_view name);

}  // namespace plume
