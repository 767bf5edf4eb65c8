#pragma once

#include <array>
#include <cstddef>

#include <plume/sampling/logit_bias.hpp>
#include <plume/sampling/min_p.hpp>
#include <plume/sampling/penalties.hpp>
#include <plume/sampling/temperature.hpp>
#include <plume/sampling/top_k.hpp>
#include <plume/sampling/top_p.hpp>

namespace plume {

template <class... Samplers>
struct sampler_list {
    /// Every numeric option of every sampler, in the order of the list.
    static constexpr auto options = [] {
        std::array<sampling_option, (Samplers::options.size() + ...)> all{};
        std::size_t                                                   n      = 0;
        const auto                                                    append = [&](const auto& some) {
            for (const auto& option : some) all[n++] = option;
        };
        (append(Samplers::options), ...);
        return all;
    }();

    static constexpr std::array<void (*)(candidates&) noexcept, sizeof...(Samplers)> stages{&Samplers::apply...};
};

/// THE LIST of samplers, in the order in which they work. The tool's flags, the check of ranges and the property tests follow it.
using all_samplers = sampler_list<samplers::logit_bias, samplers::penalties, samplers::temperature, samplers::top_k, samplers::top_p, samplers::min_p>;

}  // namespace plume
