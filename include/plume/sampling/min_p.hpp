#pragma once

#include <array>
#include <limits>

#include <plume/sampling/option.hpp>

namespace plume::samplers {

/// Keeps the tokens with at least min_p times the probability of the most likely one. "Turning Up the Heat", Nguyen et al. 2024, section 3.
struct min_p {
    static constexpr std::array<sampling_option, 1> options{{
        {.name    = "min_p",
         .flag    = "--min-p",
         .help    = "keep tokens with at least this share of the most likely one's probability; 0: all",
         .least   = 0.0,
         .most    = 1.0,
         .neutral = 0.0,
         .real    = &sampling_options::min_p},
    }};
    static void                                     apply(candidates&) noexcept;
};

}  // namespace plume::samplers
