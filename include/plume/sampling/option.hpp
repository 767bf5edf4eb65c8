#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <plume/sampling/options.hpp>

namespace plume {

/// One number of sampling_options: what the tool's flags, the help and the check of ranges are made of. Its default is that of sampling_options{}.
struct sampling_option {
    std::string_view name;  // as in sampling_options
    std::string_view flag;  // of the tool
    std::string_view help;
    double           least                = 0.0;
    double           most                 = 0.0;
    bool             least_included       = true;
    double           neutral              = 0.0;      // the value that switches it off
    float sampling_options::*real         = nullptr;  // one of the two is the member
    std::int32_t sampling_options::*whole = nullptr;
};

[[nodiscard]] double value_of(const sampling_option& option, const sampling_options& options) noexcept;

/// False for NaN and infinities.
[[nodiscard]] bool in_range(const sampling_option& option, double value) noexcept;

/// For people: "0 to 1", "above 0", "0 or more", "any finite number".
[[nodiscard]] std::string range_text(const sampling_option& option);

/// What the stages of the chain work on; private (src/sampling/candidates.hpp).
struct candidates;

}  // namespace plume
