#include <plume/sampling/penalties.hpp>

#include "src/sampling/candidates.hpp"

namespace plume::samplers {

void penalties::apply(candidates& c) noexcept {
    if (c.seen.empty()) return;
    const double repeat = c.options.repeat_penalty, frequency = c.options.frequency_penalty, presence = c.options.presence_penalty;
    for (candidate& one : c.kept) {
        const std::uint32_t n = c.seen[static_cast<std::size_t>(one.id)];
        if (n == 0) continue;
        one.logit = one.logit > 0.0 ? one.logit / repeat : one.logit * repeat;
        one.logit -= n * frequency + presence;
    }
}

}  // namespace plume::samplers
