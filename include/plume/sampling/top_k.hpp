#pragma once

#include <array>
#include <limits>

#include <plume/sampling/option.hpp>

namespace plume::samplers {

/// Keeps the k most likely tokens; among equals the lower ids. "Hierarchical Neural Story Generation", Fan et al. 2018, section 5.4.
struct top_k {
    static constexpr std::array<sampling_option, 1> options{{
        {.name    = "top_k",
         .flag    = "--top-k",
         .help    = "keep the k most likely tokens; 0: all",
         .least   = 0.0,
         .most    = std::numeric_limits<std::int32_t>::max(),
         .neutral = 0.0,
         .whole   = &sampling_options::top_k},
    }};
    static void                                     apply(candidates&) noexcept;
};

}  // namespace plume::samplers
