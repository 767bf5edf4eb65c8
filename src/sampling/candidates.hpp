#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <plume/sampling/options.hpp>

namespace plume {

/// Logits are doubles from here on: no option in its range makes one overflow.
struct candidate {
    double   logit;  // finite
    double   p;      // exp(logit - the largest), once weighed
    token_id id;
};

/// More likely first, equals by the lower id: a total order.
[[nodiscard]] inline bool comes_before(const candidate& a, const candidate& b) noexcept { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; }

/// The tokens that are still in the running, always by ascending id, so that every sum has one order whatever was switched on.
struct candidates {
    const sampling_options&        options;
    std::span<const std::uint32_t> seen;  // [V] how often each token stands in the penalties' window; empty without penalties
    std::span<candidate>           kept;
    std::span<candidate>           scratch;  // [V] of room
    bool                           weighed = false;

    [[nodiscard]] const candidate& most_likely() const noexcept;  // kept is not empty

    /// Gives every kept candidate its weight p: 1 for the most likely.
    void weigh() noexcept;

    /// The sum of the weights, by ascending id.
    [[nodiscard]] double total() noexcept;

    /// A copy of the kept in the scratch, free to be reordered.
    [[nodiscard]] std::span<candidate> copy() noexcept;

    /// Drops all for which `stays` is false.
    template <class Stays>
    void keep_if(Stays stays) noexcept {
        std::size_t n = 0;
        for (const candidate& c : kept)
            if (stays(c)) kept[n++] = c;
        kept = kept.first(n);
    }

    /// Keeps `last` and all that come before it.
    void keep_until(candidate last) noexcept {
        keep_if([last](const candidate& c) { return !comes_before(last, c); });
    }
};

}  // namespace plume
