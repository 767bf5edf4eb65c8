#include <plume/sampling/top_k.hpp>

#include "src/sampling/candidates.hpp"

#include <algorithm>

namespace plume::samplers {

void top_k::apply(candidates& c) noexcept {
    const auto k = static_cast<std::size_t>(c.options.top_k);
    if (k == 0 || k >= c.kept.size()) return;
    const auto order = c.copy();
    const auto last  = order.begin() + static_cast<std::ptrdiff_t>(k - 1);
    std::nth_element(order.begin(), last, order.end(), comes_before);
    c.keep_until(*last);
}

}  // namespace plume::samplers
