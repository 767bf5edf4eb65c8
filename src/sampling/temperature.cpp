#include <plume/sampling/temperature.hpp>

#include "src/sampling/candidates.hpp"
#include "src/sampling/greedy.hpp"

namespace plume::samplers {

void temperature::apply(candidates& c) noexcept {
    const double t = c.options.temperature;
    if (t == 0.0) return greedy::apply(c);
    if (t == 1.0) return;
    const double largest = c.most_likely().logit;
    for (candidate& one : c.kept) one.logit = (one.logit - largest) / t;
}

}  // namespace plume::samplers
