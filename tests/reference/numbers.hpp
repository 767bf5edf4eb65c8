#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <plume/core/dtype.hpp>

#include "llama.hpp"

/// How logits are compared.
namespace plume::reference {

/// Whether this build is for speed: without optimisation, or with a sanitizer, Eigen is some fifty times slower and whole texts take too long.
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool fast_build = false;
#else
inline constexpr bool fast_build = true;
#endif

/// Logits [T, V] of the library as a matrix.
inline matrix as_matrix(std::span<const float> logits, Eigen::Index n_rows) {
    using floats = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    return Eigen::Map<const floats>(logits.data(), n_rows, static_cast<Eigen::Index>(logits.size()) / n_rows).cast<double>();
}

/// Normalised mean squared error: Σ (got - want)² / Σ want².
inline double nmse(const matrix& got, const matrix& want) { return (got - want).squaredNorm() / want.squaredNorm(); }

/// The logarithm of each row's probabilities.
inline matrix log_softmax(const matrix& logits) {
    matrix y = logits.colwise() - logits.rowwise().maxCoeff();
    return y.colwise() - y.array().exp().rowwise().sum().log().matrix();
}

/// KL(want || got) of each row's distribution, in nats. [T]
inline Eigen::VectorXd divergence(const matrix& want, const matrix& got) {
    const matrix p = log_softmax(want), q = log_softmax(got);
    return (p.array().exp() * (p - q).array()).rowwise().sum();
}

/// The perplexity protocol: whole chunks of `size` tokens, the first of each overwritten by `bos` unless that is negative.
inline std::vector<std::vector<token_id>> chunks(std::span<const token_id> tokens, std::size_t size, token_id bos) {
    std::vector<std::vector<token_id>> out;
    for (; tokens.size() >= size; tokens = tokens.subspan(size)) {
        out.emplace_back(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(size));
        if (bos >= 0) out.back().front() = bos;
    }
    return out;
}

/// -log p of the predictions that count: those made at positions size/2 to size - 2 of a chunk. logits[size, V], or the rows from size/2 on.
inline double scored_loss(const matrix& logits, std::span<const token_id> chunk) {
    const std::size_t begin = chunk.size() / 2, skipped = chunk.size() - static_cast<std::size_t>(logits.rows());
    const matrix      p    = log_softmax(logits);
    double            loss = 0;
    for (std::size_t t = begin; t + 1 < chunk.size(); ++t) loss -= p(static_cast<Eigen::Index>(t - skipped), chunk[t + 1]);
    return loss;
}

/// exp of the mean loss over all chunks (none empty, all of one size). logits_of(chunk) gives what scored_loss takes.
template <class LogitsOf>
double perplexity(const std::vector<std::vector<token_id>>& all, LogitsOf logits_of) {
    double      loss = 0;
    std::size_t n    = 0;
    for (const auto& c : all) {
        loss += scored_loss(logits_of(c), c);
        n += c.size() - 1 - c.size() / 2;
    }
    return std::exp(loss / static_cast<double>(n));
}

}  // namespace plume::reference
