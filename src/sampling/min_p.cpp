#include <plume/sampling/min_p.hpp>

#include "src/sampling/candidates.hpp"

namespace plume::samplers {

void min_p::apply(candidates& c) noexcept {
    const double least = c.options.min_p;
    if (least == 0.0) return;
    c.weigh();  // the most likely one has 1, and no sampler before drops it
    c.keep_if([least](const candidate& one) { return one.p >= least; });
}

}  // namespace plume::samplers
