#pragma once

#include <plume/quant/iq4_nl.hpp>

#include "unpack.hpp"

namespace plume::quant {

/// IQ4_NL's table as floats, for the search.
struct iq4_values {
    static constexpr float values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
};

/// The code of the nearest value of the table; NaN gives the lowest.
[[nodiscard]] inline std::uint8_t nearest_iq4(float y) noexcept {
    std::size_t code = 0;
    while (code + 1 < 16 && y > (iq4_values::values[code] + iq4_values::values[code + 1]) / 2) ++code;
    return u8(code);
}

}  // namespace plume::quant
