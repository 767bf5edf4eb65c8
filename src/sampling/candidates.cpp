#include "src/sampling/candidates.hpp"
#include "src/numerics.hpp"

#include <algorithm>

namespace plume {

const candidate& candidates::most_likely() const noexcept {
    const candidate* best = kept.data();
    for (const candidate& c : kept)
        if (c.logit > best->logit) best = &c;  // ascending ids: the first of equals is the lower
    return *best;
}

void candidates::weigh() noexcept {
    if (weighed) return;
    const double largest = most_likely().logit;
    for (candidate& c : kept) c.p = numerics::exp(c.logit - largest);
    weighed = true;
}

double candidates::total() noexcept {
    weigh();
    double sum = 0.0;
    for (const candidate& c : kept) sum += c.p;
    return sum;
}

std::span<candidate> candidates::copy() noexcept {
    std::copy(kept.begin(), kept.end(), scratch.begin());
    return scratch.first(kept.size());
}

}  // namespace plume
