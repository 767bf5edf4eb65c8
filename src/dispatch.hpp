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
/// Asks the system for its leave where the target needs it
/// (amx), so the table may be used at once. invalid_argument for an unknown name, cpu_unsupported for one that does not run here; both list those that do.
[[nodiscard]] result<const kernels::target_table*> choose_target(std::string_view name);

}  // namespace plume
