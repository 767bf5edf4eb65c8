#include "src/text/pretokenizers/step.hpp"

#include <algorithm>

#include <plume/core/utf8.hpp>

#include "src/text/unicode_class.hpp"

namespace plume::text {
namespace {

struct character {
    char32_t    point;
    std::size_t size;
};
character at(std::string_view text, std::size_t i) noexcept {
    const auto c = utf8::decode_one(text.substr(i));
    return {c.code_point, c.size};
}
bool is_digit(char32_t point) noexcept { return category_of(point) == category::nd; }
bool is_space(char32_t point) noexcept { return class_of(point) == unicode_class::space; }
/// \w as Oniguruma has it, which trying every code point showed: letters, marks, digits and connectors, the symbols and numbers that Unicode calls alphabetic,
/// and six of Latin-1. U+200C and U+200D, which join letters, are none.
bool is_word(char32_t point) noexcept {
    struct range {
        char32_t first, last;
    };
    constexpr range others[] = {{0xb2, 0xb3}, {0xb9, 0xb9}, {0xbc, 0xbe}, {0x24b6, 0x24e9}, {0x1f130, 0x1f149}, {0x1f150, 0x1f169}, {0x1f170, 0x1f189}};
    const auto      c        = category_of(point);
    return c <= category::nl || c == category::pc ||
           std::any_of(std::begin(others), std::end(others), [=](range r) { return r.first <= point && point <= r.last; });
}

/// Makes `memory` the run of digits at `begin`, which is one; a run that is known already is not counted again.
void look_at_run(std::string_view text, std::size_t begin, step_memory& memory) noexcept {
    if (memory.begin == begin && memory.end > begin) return;
    memory = {begin, begin, 0};
    while (memory.end < text.size()) {
        const auto c = at(text, memory.end);
        if (!is_digit(c.point)) break;
        memory.end += c.size;
        ++memory.left;
    }
}

/// Takes n digits of the run.
std::size_t take_digits(std::string_view text, std::size_t n, step_memory& memory) noexcept {
    memory.left -= n;
    for (; n > 0; --n) memory.begin += at(text, memory.begin).size;
    return memory.begin;
}

/// Where the next digit is, from `i` on.
std::size_t skip_to_digit(std::string_view text, std::size_t i) noexcept {
    while (i < text.size()) {
        const auto c = at(text, i);
        if (is_digit(c.point)) break;
        i += c.size;
    }
    return i;
}

/// (?=(\d{3})+(?!\d)): a cut before every third digit from a run's end.
std::size_t cut_before_groups(std::string_view text, std::size_t begin, step_memory& memory) noexcept {
    std::size_t i = begin;
    while (i < text.size()) {
        i = skip_to_digit(text, i);
        if (i == text.size()) break;
        look_at_run(text, i, memory);
        if (i > begin && memory.left % 3 == 0) return i;
        const std::size_t to_cut = memory.left % 3 == 0 ? 3 : memory.left % 3;
        if (memory.left > to_cut) return take_digits(text, to_cut, memory);
        i = take_digits(text, memory.left, memory);
    }
    return text.size();
}

/// \d{1,3}(?=(?:\d{3})*\b): groups of three from a run's end, where no letter follows the run.
std::size_t groups_before_border(std::string_view text, std::size_t begin, step_memory& memory) noexcept {
    std::size_t i = begin;
    while (i < text.size()) {
        i = skip_to_digit(text, i);
        if (i == text.size()) break;
        look_at_run(text, i, memory);
        const bool border = memory.end == text.size() || !is_word(at(text, memory.end).point);
        if (border && i > begin) return i;
        if (border) return take_digits(text, memory.left % 3 == 0 ? 3 : memory.left % 3, memory);
        i = memory.end;
    }
    return text.size();
}

/// \s+$: white space that ends a line.
std::size_t space_at_end(std::string_view text, std::size_t begin, step_memory& memory) noexcept {
    // memory: a match that is known
    if (memory.begin > begin || (memory.begin == begin && memory.end > begin)) return memory.begin > begin ? memory.begin : memory.end;
    for (std::size_t i = begin; i < text.size();) {
        const auto c = at(text, i);
        if (!is_space(c.point)) {
            i += c.size;
            continue;
        }
        std::size_t run = i, last = i;  // the match would go from i to `last`
        while (run < text.size()) {
            const auto s = at(text, run);
            if (!is_space(s.point)) break;
            if (s.point == '\n' && run > i) last = run;
            run += s.size;
        }
        if (run == text.size()) last = run;
        if (last > i) {
            memory = {i, last, 0};
            return i > begin ? i : last;
        }
        // Only a line feed at the run's very start could end a line, and it has nothing before it.
        i = run;
    }
    memory = {text.size(), text.size(), 0};
    return text.size();
}

/// bytes:\p{N}+ is Digits behind ByteLevel: it sees bytes by their names, and six of the names of bytes above 0x7f are numbers (the superscripts and
/// fractions of Latin-1). So it cuts characters apart that have such bytes.
bool is_number_byte(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= '0' && byte <= '9') || byte == 0xb2 || byte == 0xb3 || byte == 0xb9 || (byte >= 0xbc && byte <= 0xbe);
}
std::size_t runs_of_number_bytes(std::string_view text, std::size_t begin, step_memory&) noexcept {
    std::size_t end = begin + 1;
    while (end < text.size() && is_number_byte(text[end]) == is_number_byte(text[begin])) ++end;
    return end;
}

constexpr special_step special_steps[] = {
    {R"(bytes:\p{N}+)", runs_of_number_bytes},
    {R"((?=(\d{3})+(?!\d)))", cut_before_groups},
    {R"(\d{1,3}(?=(?:\d{3})*\b))", groups_before_border},
    {R"(\s+$)", space_at_end},
};

}  // namespace

const special_step* find_special_step(std::string_view pattern) noexcept {
    for (const auto& s : special_steps)
        if (s.pattern == pattern) return &s;
    return nullptr;
}

}  // namespace plume::text
