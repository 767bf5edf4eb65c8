#include <plume/sampling/top_p.hpp>

#include "src/sampling/candidates.hpp"

#include <algorithm>

namespace plume::samplers {

void top_p::apply(candidates& c) noexcept {
    if (c.options.top_p == 1.0f) return;
    const double wanted = static_cast<double>(c.options.top_p) * c.total();
    const auto   order  = c.copy();
    // The answer is mostly a few tokens: sort a small front first, then eight times as many.
    double      sum    = 0.0;
    std::size_t sorted = 0;
    for (std::size_t front = 64; sorted < order.size(); front *= 8) {
        const auto begin = order.begin() + static_cast<std::ptrdiff_t>(sorted);
        const auto end   = order.begin() + static_cast<std::ptrdiff_t>(std::min(front, order.size()));
        if (end != order.end()) std::nth_element(begin, end, order.end(), comes_before);
        std::sort(begin, end, comes_before);
        for (auto one = begin; one != end; ++one) {
            sum += one->p;
            if (sum >= wanted) return c.keep_until(*one);
        }
        sorted = static_cast<std::size_t>(end - order.begin());
    }
    // Rounding of the two sums: p so near to 1 that all are needed.
}

}  // namespace plume::samplers
