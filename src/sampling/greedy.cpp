#include "src/sampling/greedy.hpp"
#include "src/sampling/candidates.hpp"

namespace plume::samplers {

void greedy::apply(candidates& c) noexcept { c.keep_until(c.most_likely()); }

}  // namespace plume::samplers
