#pragma once

#include <string>

#include <plume/models/quantised.hpp>

namespace plume::tool {

/// An importance matrix in a GGUF file: general.type "imatrix", and for each tensor NAME its sums of squares NAME.in_sum2 and how many vectors they are of,
/// NAME.counts (of stacked experts one row and one count each). Errors: as gguf::open; format_invalid for what is not one.
[[nodiscard]] result<importance_matrix> read_importance(const std::string& path);

}  // namespace plume::tool
