#pragma once

#include <array>
#include <limits>

#include <plume/sampling/option.hpp>

namespace plume::samplers {

/// l = (l - max) / temperature; 0 keeps the most likely token alone (greedy).
struct temperature {
    static constexpr std::array<sampling_option, 1> options{{
        {.name    = "temperature",
         .flag    = "--temp",
         .help    = "divide the logits: above 1 more varied, below 1 more certain; 0: always the most likely token",
         .least   = 0.0,
         .most    = std::numeric_limits<float>::max(),
         .neutral = 1.0,
         .real    = &sampling_options::temperature},
    }};
    static void                                     apply(candidates&) noexcept;
};

}  // namespace plume::samplers
