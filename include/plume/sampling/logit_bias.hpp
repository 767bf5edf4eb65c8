#pragma once

#include <array>
#include <limits>

#include <plume/sampling/option.hpp>

namespace plume::samplers {

/// l[token] += bias, in the order of the list; -infinity forbids the token.
struct logit_bias {
    static constexpr std::array<sampling_option, 0> options{};  // a list of pairs, not a number: make() checks it
    static void                                     apply(candidates&) noexcept;
};

}  // namespace plume::samplers
