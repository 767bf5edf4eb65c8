#include "src/text/normaliser_sets.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "src/text/unicode_class.hpp"

namespace plume::text {
namespace {

struct point_range {
    char32_t first, last;
};

#include "src/text/normaliser_sets.inc"

template <class List>
auto last_from(const List& list, char32_t point) noexcept {
    const auto after = std::upper_bound(std::begin(list), std::end(list), point, [](char32_t p, const auto& range) { return p < range.first; });
    return after != std::begin(list) && point <= std::prev(after)->last ? std::prev(after) : nullptr;
}

}  // namespace

bool is_mark(char32_t point) noexcept { return point >= 0x300 && last_from(mark_ranges, point) != nullptr; }
bool is_bert_mark(char32_t point) noexcept { return point >= 0x300 && last_from(bert_mark_ranges, point) != nullptr; }
bool is_bert_removed(char32_t point) noexcept { return (point < 0x20 || point >= 0x7f) && last_from(bert_removed_ranges, point) != nullptr; }
bool is_bert_punctuation(char32_t point) noexcept { return last_from(bert_punctuation_ranges, point) != nullptr; }

bool is_bert_cjk(char32_t point) noexcept {
    constexpr point_range blocks[] = {{0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xf900, 0xfaff},   {0x20000, 0x2a6df},
                                      {0x2a700, 0x2b73f}, {0x2b740, 0x2b81f}, {0x2b920, 0x2ceaf}, {0x2f800, 0x2fa1f}};
    return point >= blocks[0].first && last_from(blocks, point) != nullptr;
}

char32_t lower_of(char32_t point) noexcept {
    if (point < 0x80) return point >= 'A' && point <= 'Z' ? point + ('a' - 'A') : point;
    if (point == 0x130) return 'i';
    // Runs with a step of two may lie inside the next ones' reach, as capital and small letters alternate: the one that fits is among the last two.
    const auto after = std::upper_bound(std::begin(lower_runs), std::end(lower_runs), point, [](char32_t p, const auto& run) { return p < run.first; });
    for (auto run = after; run != std::begin(lower_runs) && std::distance(run, after) < 2;) {
        --run;
        if (point <= run->last && (point - run->first) % run->step == 0) return static_cast<char32_t>(static_cast<std::int32_t>(point) + run->distance);
    }
    return point;
}

}  // namespace plume::text
