#include <plume/sampling/logit_bias.hpp>

#include "src/sampling/candidates.hpp"

#include <limits>

namespace plume::samplers {

void logit_bias::apply(candidates& c) noexcept {
    bool forbids = false;
    // First in the chain: candidate i is token i. make() has checked the ids.
    for (const auto& [token, bias] : c.options.logit_bias) {
        c.kept[static_cast<std::size_t>(token)].logit += static_cast<double>(bias);
        forbids = forbids || bias == -std::numeric_limits<float>::infinity();
    }
    if (forbids) c.keep_if([](const candidate& one) { return one.logit != -std::numeric_limits<double>::infinity(); });
}

}  // namespace plume::samplers
