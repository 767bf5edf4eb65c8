#pragma once

#include <plume/sampling/sampler.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <vector>

// The chain again, as the papers write it: libm, whole sorts, no cleverness. Gives the probability of every token.

namespace reference {

inline std::vector<double> logits_after_penalties(const std::vector<float>& logits, const plume::sampling_options& o,
                                                  const std::vector<plume::token_id>& history) {
    std::vector<double> l(logits.begin(), logits.end());
    for (const auto& [token, bias] : o.logit_bias) l[static_cast<std::size_t>(token)] += static_cast<double>(bias);
    std::map<plume::token_id, int> seen;
    const std::size_t window = o.penalty_window < 0 ? history.size() : std::min<std::size_t>(history.size(), static_cast<std::size_t>(o.penalty_window));
    for (std::size_t i = history.size() - window; i < history.size(); ++i) ++seen[history[i]];
    for (const auto& [token, n] : seen) {
        double& x = l[static_cast<std::size_t>(token)];
        x         = x > 0 ? x / static_cast<double>(o.repeat_penalty) : x * static_cast<double>(o.repeat_penalty);
        x -= n * static_cast<double>(o.frequency_penalty) + static_cast<double>(o.presence_penalty);
    }
    return l;
}

inline std::vector<double> probabilities(const std::vector<float>& logits, const plume::sampling_options& o, const std::vector<plume::token_id>& history = {}) {
    const auto               l = logits_after_penalties(logits, o, history);
    std::vector<std::size_t> order(l.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return l[a] > l[b]; });  // equals stay by id
    std::vector<double> p(l.size(), 0.0);
    if (o.temperature == 0.0f) {
        p[order[0]] = 1.0;
        return p;
    }
    if (o.top_k > 0 && static_cast<std::size_t>(o.top_k) < order.size()) order.resize(static_cast<std::size_t>(o.top_k));
    const auto weight = [&](std::size_t i) { return std::exp((l[i] - l[order[0]]) / static_cast<double>(o.temperature)); };
    double     total  = 0;
    for (const auto i : order) total += weight(i);
    double      sum  = 0;
    std::size_t kept = 0;
    while (kept < order.size() && (o.top_p == 1.0f || kept == 0 || sum < static_cast<double>(o.top_p) * total)) sum += weight(order[kept++]);
    order.resize(kept);
    double all = 0;
    for (const auto i : order)
        if (weight(i) >= static_cast<double>(o.min_p)) all += p[i] = weight(i);
    for (auto& x : p) x /= all;
    return p;
}

/// Normal logits, some of them equal to others.
inline std::vector<float> random_logits(std::size_t V, std::uint64_t seed, float spread) {
    std::mt19937_64                 random(seed);
    std::normal_distribution<float> normal(0.0f, spread);
    std::vector<float>              l(V);
    for (std::size_t i = 0; i < V; ++i) l[i] = i % 7 == 3 ? l[i - 1] : normal(random);
    return l;
}

}  // namespace reference
