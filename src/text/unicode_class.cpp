#include "src/text/unicode_class.hpp"

#include <algorithm>
#include <iterator>

namespace plume::text {
namespace {

// A run is a word: first code point · 4 + class. Sorted, so the run of a code point is found by bisection.
constexpr std::uint32_t o(std::uint32_t first) { return first << 2; }
constexpr std::uint32_t l(std::uint32_t first) { return first << 2 | 1; }
constexpr std::uint32_t n(std::uint32_t first) { return first << 2 | 2; }
constexpr std::uint32_t s(std::uint32_t first) { return first << 2 | 3; }

constexpr std::uint32_t runs[] = {
#include "src/text/unicode_ranges.inc"
};
static_assert(std::is_sorted(std::begin(runs), std::end(runs)) && runs[0] >> 2 == 0);

unicode_class bisect(char32_t point) noexcept {
    const auto after = std::upper_bound(std::begin(runs), std::end(runs), static_cast<std::uint32_t>(point) << 2 | 3);
    return static_cast<unicode_class>(*std::prev(after) & 3);
}

}  // namespace

unicode_class class_of(char32_t point) noexcept {
    if (point >= 0x80) return bisect(point);
    if ((point | 0x20) >= 'a' && (point | 0x20) <= 'z') return unicode_class::letter;
    if (point >= '0' && point <= '9') return unicode_class::number;
    return point == ' ' || (point >= '\t' && point <= '\r') ? unicode_class::space : unicode_class::other;
}

}  // namespace plume::text
