#include "src/text/unicode_class.hpp"

#include <cstddef>
#include <iterator>

namespace plume::text {
namespace {

#include "src/text/unicode_ranges.inc"

constexpr std::uint32_t block_size = 256;

/// How many blocks of 256 code points hold more than one category.
constexpr std::size_t count_mixed() {
    std::size_t   n    = 0;
    std::uint32_t last = ~0u;
    for (std::size_t i = 1; i < std::size(runs); ++i) {
        const auto first = runs[i] >> 5;
        if (first % block_size != 0 && first / block_size != last) ++n, last = first / block_size;
    }
    return n;
}

/// Two steps: a block of 256 code points has a page; pages 0 to 29 hold one category each.
struct pages {
    std::uint16_t page_of[end_of_code / block_size]{};
    std::uint8_t  values[(n_categories + count_mixed()) * block_size]{};

    constexpr pages() {
        for (std::size_t i = 0; i < n_categories * block_size; ++i) values[i] = static_cast<std::uint8_t>(i / block_size);
        std::uint16_t used = n_categories;
        for (std::size_t i = 0; i < std::size(runs); ++i) {
            const auto value = static_cast<std::uint8_t>(runs[i] & 31);
            auto       point = runs[i] >> 5;
            const auto end   = i + 1 < std::size(runs) ? runs[i + 1] >> 5 : end_of_code;
            while (point < end) {
                const auto block = point / block_size, stop = (block + 1) * block_size;
                if (point % block_size == 0 && end >= stop) {
                    page_of[block] = value;
                    point          = stop;
                    continue;
                }
                if (point % block_size == 0) page_of[block] = used++;
                for (; point < end && point < stop; ++point) values[page_of[block] * block_size + point % block_size] = value;
            }
        }
    }
};
constexpr pages table;

}  // namespace

category category_of(char32_t point) noexcept {
    return static_cast<category>(table.values[table.page_of[point / block_size] * block_size + point % block_size]);
}

std::span<const code_range>    white_space() noexcept { return white_space_ranges; }
std::span<const code_range>    han() noexcept { return han_ranges; }
std::span<const std::uint32_t> category_runs() noexcept { return runs; }

unicode_class class_of(char32_t point) noexcept {
    for (const auto& r : white_space_ranges)
        if (point >= r.first && point <= r.last) return unicode_class::space;
    const auto c = category_of(point);
    if (c <= category::lo) return unicode_class::letter;
    return c >= category::nd && c <= category::no ? unicode_class::number : unicode_class::other;
}

}  // namespace plume::text
