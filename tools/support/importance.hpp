#pragma once

#include <string>

#include <plume/models/quantised.hpp>

namespace plume::tool {

/// An importance matrix in a GGUF file: general.type "imatrix", and for each tensor NAME its sums of squares NAME.in_sum2 and how many vectors they are of,
/// NAME.counts (of stacked experts one row and one count each); or the binary form that was usual before. Errors: as gguf::open; format_invalid for what is
/// not one, format_truncated for the older form cut short.
[[nodiscard]] result<importance_matrix> read_importance(const std::string& path);

}  // namespace plume::tool
