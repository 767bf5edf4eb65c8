#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Dense>

#include "reference/bounds.hpp"

// y[T,N] = x[T,D] · w[N,D]^T in double, on the same integers that the kernels see, and how far f32 chains may be from it.

namespace plume::reference {

using matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct bounded {
    matrix value, bound;
};

/// Each term of a chain of n fused steps has been rounded at most `before` times before; |term| sums are those of the blocks.
/// `absolute` covers products that became subnormal.
inline bounded matmul(const matrix& x, const matrix& w, const matrix& term_sizes, std::size_t n, std::size_t before, double absolute = 0) {
    bounded r{x * w.transpose(), term_sizes * gamma(n + before)};
    r.bound.array() += absolute + static_cast<double>(n) * 0x1p-149;
    return r;
}

}  // namespace plume::reference
