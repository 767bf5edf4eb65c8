#include <plume/sampling/option.hpp>

#include "src/sampling/number_text.hpp"

#include <limits>

namespace plume {

double value_of(const sampling_option& option, const sampling_options& options) noexcept {
    if (option.real != nullptr) return static_cast<double>(options.*option.real);
    return option.whole != nullptr ? static_cast<double>(options.*option.whole) : option.neutral;
}

bool in_range(const sampling_option& option, double value) noexcept {
    return (option.least_included ? value >= option.least : value > option.least) && value <= option.most;  // false for NaN
}

std::string range_text(const sampling_option& option) {
    constexpr double largest   = std::numeric_limits<float>::max();
    const bool       unbounded = option.most >= largest;
    if (unbounded && option.least <= -largest) return "any finite number";
    const std::string least = number_text(option.least), most = number_text(option.most);
    if (unbounded) return option.least_included ? least + " or more" : "above " + least;
    return option.least_included ? least + " to " + most : "above " + least + ", at most " + most;
}

}  // namespace plume
