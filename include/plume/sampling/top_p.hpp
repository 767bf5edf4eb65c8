#pragma once

#include <array>
#include <limits>

#include <plume/sampling/option.hpp>

namespace plume::samplers {

/// Keeps the fewest tokens, the most likely first, whose probabilities reach p of the sum of all still kept.
/// "The Curious Case of Neural Text Degeneration", Holtzman et al. 2020, section 3.1.
struct top_p {
    static constexpr std::array<sampling_option, 1> options{{
        {.name           = "top_p",
         .flag           = "--top-p",
         .help           = "keep the fewest tokens whose probabilities reach p; 1: all",
         .least          = 0.0,
         .most           = 1.0,
         .least_included = false,
         .neutral        = 1.0,
         .real           = &sampling_options::top_p},
    }};
    static void                                     apply(candidates&) noexcept;
};

}  // namespace plume::samplers
