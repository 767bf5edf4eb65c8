#include "characters.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>
#include <iterator>
#include <span>

namespace plume::jinja {
namespace {

struct case_run {
    char32_t     first, last;
    std::int32_t step, distance;
};
struct case_text {
    char32_t   point;
    case_image image;
};
struct point_range {
    char32_t first, last;
};
#include "unicode_cases.inc"

/// The run that holds `point`, or null.
const case_run* find(std::span<const case_run> runs, char32_t point) noexcept {
    const auto after = std::upper_bound(runs.begin(), runs.end(), point, [](char32_t p, const case_run& r) { return p < r.first; });
    if (after == runs.begin()) return nullptr;
    const auto& run = *std::prev(after);
    return point <= run.last && (point - run.first) % static_cast<char32_t>(run.step) == 0 ? &run : nullptr;
}

const case_text* find(std::span<const case_text> texts, char32_t point) noexcept {
    const auto at = std::lower_bound(texts.begin(), texts.end(), point, [](const case_text& t, char32_t p) { return t.point < p; });
    return at != texts.end() && at->point == point ? &*at : nullptr;
}

bool look_up(std::span<const case_run> runs, std::span<const case_text> texts, char32_t point, case_image& image) noexcept {
    if (const auto* run = find(runs, point)) {
        image = {static_cast<char32_t>(static_cast<std::int32_t>(point) + run->distance), 0, 0};
        return true;
    }
    if (const auto* text = find(texts, point)) {
        image = text->image;
        return true;
    }
    return false;
}

}  // namespace

case_image to_case(char32_t point, letter_case wanted) noexcept {
    case_image image{point, 0, 0};
    if (wanted == letter_case::lower) {
        look_up(lower_runs, lower_texts, point, image);
    } else if (wanted == letter_case::upper || !look_up(title_runs, title_texts, point, image)) {
        look_up(upper_runs, upper_texts, point, image);
    }
    return image;
}

bool is_space(char32_t c) noexcept {
    if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

bool is_printable(char32_t point) noexcept {
    if (point < 0x7f) return point >= 0x20;
    const auto after =
        std::upper_bound(std::begin(hidden_ranges), std::end(hidden_ranges), point, [](char32_t p, const point_range& r) { return p < r.first; });
    return after == std::begin(hidden_ranges) || point > std::prev(after)->last;
}

std::size_t byte_of_point(std::string_view text, std::size_t point) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80 && point-- == 0) return i;
    return text.size();
}

std::size_t last_character(std::string_view text) noexcept {
    auto i = text.size() - 1;
    while (i > 0 && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) --i;
    return i;
}

std::size_t space_at_start(std::string_view text) noexcept {
    std::size_t n = 0;
    while (n < text.size()) {
        const auto c = utf8::decode_one(text.substr(n));
        if (!is_space(c.code_point)) break;
        n += c.size;
    }
    return n;
}

std::size_t space_at_end(std::string_view text) noexcept {
    auto rest = text;
    while (!rest.empty()) {
        const auto last = last_character(rest);
        if (!is_space(utf8::decode_one(rest.substr(last)).code_point)) break;
        rest = rest.substr(0, last);
    }
    return text.size() - rest.size();
}

}  // namespace plume::jinja
