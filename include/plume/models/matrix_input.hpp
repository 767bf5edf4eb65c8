#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace plume {

/// What one matrix of a model is multiplied with: rows x[T,D], the floats before they are quantised. Views, for the call alone.
struct matrix_input {
    std::string_view tensor;          // its name in the file; where one holds several matrices of the same input (q, k and v) it is told once
    std::size_t      index, of;       // which of the matrices that are stacked in the tensor (experts); 0 of 1
    const float*     x;               //
    std::size_t      T, D, x_stride;  // x_stride: floats from row to row
};
using input_fn = std::function<void(const matrix_input&)>;

}  // namespace plume
