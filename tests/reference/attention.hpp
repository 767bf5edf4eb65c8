#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include <Eigen/Dense>

#include "reference/bounds.hpp"

namespace plume::reference {

struct bounded_row {
    Eigen::VectorXd value, bound;
};

/// softmax(scale · k·q) · v over k[S,E], v[S,E] in double, with the error that f32 may make:
/// a score is off by at most gamma(E + 1)·Σ|q||k| (absolute, so a relative error of its exponential), an exponential by its own 2 ulp and
/// the rounding of its argument (at most `range`), every sum by gamma of its length, and every tile of 64 multiplies by one such exponential.
/// A soft cap moves no score by more than its argument was moved, and rounds 4 times. A sink adds to the sum.
/// A window that begins inside a tile meets at most two tiles and two splits more than its length holds.
inline bounded_row attention(const Eigen::VectorXd& q, const Eigen::MatrixXd& k, const Eigen::MatrixXd& v, double scale, double cap = 0,
                             const float* sink = nullptr) {
    Eigen::VectorXd scores      = scale * (k * q);
    double          score_error = gamma(static_cast<std::size_t>(q.size()) + 1) * (std::abs(scale) * (k.cwiseAbs() * q.cwiseAbs())).maxCoeff();
    if (cap != 0) {
        score_error += gamma(9) * scores.cwiseAbs().maxCoeff();
        scores = cap * (scores / cap).array().tanh().matrix();
    }
    const double m = std::max(scores.maxCoeff(), sink == nullptr ? -HUGE_VAL : static_cast<double>(*sink)), range = std::min(m - scores.minCoeff(), 104.0);
    const Eigen::VectorXd p     = (scores.array() - m).exp();
    const auto            steps = static_cast<std::size_t>(scores.size());
    const double          one   = 2 * score_error + (6 + 2 * range) * u + 3 * u * static_cast<double>(steps / 64 + steps / 1024 + 4) + gamma(steps + 8);
    const double          sum   = p.sum() + (sink == nullptr ? 0 : std::exp(static_cast<double>(*sink) - m));
    bounded_row           r;
    r.value = v.transpose() * p / sum;
    r.bound = (v.cwiseAbs().transpose() * p / sum) * (2.1 * one);
    return r;
}

}  // namespace plume::reference
