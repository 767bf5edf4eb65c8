#include "human.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

namespace plume::tool {

std::string fixed(double value, int digits) {
    if (!std::isfinite(value)) return "not a number";
    std::array<char, 400> text;  // the largest double has 309 digits before the point
    const auto            end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
    return std::string(text.data(), end);
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 4> units{"KiB", "MiB", "GiB", "TiB"};
    if (bytes < 1024) return std::to_string(bytes) + " bytes";
    double      value = static_cast<double>(bytes) / 1024;
    std::size_t unit  = 0;
    while (value >= 1023.95 && unit + 1 < units.size()) value /= 1024, ++unit;
    return fixed(value, 1) + " " + std::string(units[unit]);
}

std::string human_count(std::uint64_t count) {
    const auto value = static_cast<double>(count);
    if (value >= 1e9) return fixed(value / 1e9, 2) + " billion";
    if (value >= 1e6) return fixed(value / 1e6, 1) + " million";
    return grouped(count);
}

std::string grouped(std::uint64_t n) {
    auto text = std::to_string(n);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), 1, ' ');
    return text;
}

std::string percent(double share) { return fixed(share * 100, 1) + " %"; }

}  // namespace plume::tool
