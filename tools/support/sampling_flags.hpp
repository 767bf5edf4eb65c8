#pragma once

#include <optional>
#include <string>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/sampling/options.hpp>

#include "arguments.hpp"

namespace plume::tool {

/// The options that say how tokens are chosen. `run` starts from mild sampling, not from the library's greedy default.
struct sampling_flags {
    sampling_options             options;
    std::optional<std::uint64_t> given_seed;
    std::vector<std::string>     biases;  // ID=VALUE, as given

    sampling_flags();
    void add(arguments& a);

    /// The seed asked for, or one from the system's entropy: 32 bits, short enough to type again.
    [[nodiscard]] std::uint64_t seed() const;

    /// `options` with the biases read. invalid_argument shows the one that is not ID=VALUE.
    [[nodiscard]] result<sampling_options> read() const;
};

}  // namespace plume::tool
