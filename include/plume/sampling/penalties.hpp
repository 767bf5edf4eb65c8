#pragma once

#include <array>
#include <limits>

#include <plume/sampling/option.hpp>

namespace plume::samplers {

/// Of each token seen n times in the window: l = l > 0 ? l / repeat : l * repeat, then l -= n * frequency + presence.
/// Sources: "CTRL", Keskar et al. 2019, section 4.1 (repeat, with its sign repaired for negative logits); the OpenAI API reference (the other two).
struct penalties {
    static constexpr double                         largest = std::numeric_limits<float>::max();
    static constexpr std::array<sampling_option, 4> options{{
        {.name           = "repeat_penalty",
         .flag           = "--repeat-penalty",
         .help           = "divide positive and multiply negative logits of tokens seen; 1: off",
         .least          = 0.0,
         .most           = largest,
         .least_included = false,
         .neutral        = 1.0,
         .real           = &sampling_options::repeat_penalty},
        {.name    = "frequency_penalty",
         .flag    = "--frequency-penalty",
         .help    = "subtracted for every time a token was seen; 0: off",
         .least   = -largest,
         .most    = largest,
         .neutral = 0.0,
         .real    = &sampling_options::frequency_penalty},
        {.name    = "presence_penalty",
         .flag    = "--presence-penalty",
         .help    = "subtracted once from every token seen; 0: off",
         .least   = -largest,
         .most    = largest,
         .neutral = 0.0,
         .real    = &sampling_options::presence_penalty},
        {.name    = "penalty_window",
         .flag    = "--penalty-window",
         .help    = "how many of the last tokens count as seen; -1: all, 0: none",
         .least   = -1.0,
         .most    = 1048576.0,
         .neutral = 0.0,
         .whole   = &sampling_options::penalty_window},
    }};
    static void                                     apply(candidates&) noexcept;
};

}  // namespace plume::samplers
