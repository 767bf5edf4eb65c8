#pragma once

#include <plume/quant/iq4_nl.hpp>

namespace plume::quant {

/// IQ4_NL's table as floats, for the search.
struct iq4_values {
    static constexpr float values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
};

}  // namespace plume::quant
