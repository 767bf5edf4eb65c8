#include "src/text/pretokenizers/char_set.hpp"

#include <algorithm>
#include <cstdint>

namespace plume::text {
namespace {

constexpr char32_t last_code = 0x10ffff;

struct property {
    std::string_view name;
    std::uint32_t    categories;  // bits
};
constexpr std::uint32_t bits(category first, category last) { return (2u << static_cast<unsigned>(last)) - (1u << static_cast<unsigned>(first)); }
constexpr std::uint32_t bit(category c) { return bits(c, c); }

constexpr property properties[] = {
    {"L", bits(category::lu, category::lo)},
    {"M", bits(category::mn, category::me)},
    {"N", bits(category::nd, category::no)},
    {"P", bits(category::pc, category::po)},
    {"S", bits(category::sm, category::so)},
    {"Z", bits(category::zs, category::zp)},
    {"C", bits(category::cc, category::cn)},
    {"Lu", bit(category::lu)},
    {"Ll", bit(category::ll)},
    {"Lt", bit(category::lt)},
    {"Lm", bit(category::lm)},
    {"Lo", bit(category::lo)},
    {"Mn", bit(category::mn)},
    {"Mc", bit(category::mc)},
    {"Me", bit(category::me)},
    {"Nd", bit(category::nd)},
    {"Nl", bit(category::nl)},
    {"No", bit(category::no)},
};

void add_categories(char_set& out, std::uint32_t wanted) {
    const auto runs = category_runs();
    char_set   set;  // in order: that costs no sorting
    for (std::size_t i = 0; i < runs.size(); ++i)
        if (wanted >> (runs[i] & 31) & 1) set.add(runs[i] >> 5, i + 1 < runs.size() ? (runs[i + 1] >> 5) - 1 : last_code);
    out.add(set);
}

}  // namespace

void char_set::settle() {
    std::sort(ranges_.begin(), ranges_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::size_t kept = 0;
    for (const auto r : ranges_) {
        if (kept > 0 && r.first <= ranges_[kept - 1].last + 1)
            ranges_[kept - 1].last = std::max(ranges_[kept - 1].last, r.last);
        else
            ranges_[kept++] = r;
    }
    ranges_.resize(kept);
}

void char_set::add(char32_t first, char32_t last) {
    if (!ranges_.empty() && ranges_.back().last + 1 == first) {
        ranges_.back().last = last;
        return;
    }
    const bool in_order = ranges_.empty() || ranges_.back().last < first;
    ranges_.push_back({first, last});
    if (!in_order) settle();
}

void char_set::add(const char_set& other) {
    ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
    settle();
}

char_set char_set::complement() const {
    char_set out;
    char32_t next = 0;
    for (const auto r : ranges_) {
        if (r.first > next) out.ranges_.push_back({next, r.first - 1});
        next = r.last + 1;
    }
    if (next <= last_code) out.ranges_.push_back({next, last_code});
    return out;
}

void char_set::keep_only(const char_set& other) {
    char_set away = complement();
    away.add(other.complement());
    *this = away.complement();
}

void char_set::ignore_case() {
    char_set more;
    for (const auto r : ranges_)
        for (char32_t upper = 'A'; upper <= 'Z'; ++upper) {
            const char32_t lower = upper + ('a' - 'A');
            if ((upper < r.first || upper > r.last) && (lower < r.first || lower > r.last)) continue;
            more.add(upper, upper);
            more.add(lower, lower);
            if (lower == 's') more.add(0x17f, 0x17f);
            if (lower == 'k') more.add(0x212a, 0x212a);
        }
    add(more);
}

bool char_set::add_property(std::string_view name) {
    if (name == "Han") {
        for (const auto r : han()) add(r.first, r.last);
        return true;
    }
    for (const auto& p : properties)
        if (p.name == name) {
            add_categories(*this, p.categories);
            return true;
        }
    return false;
}

bool char_set::add_shorthand(char letter) {
    char_set set;
    switch (letter | 0x20) {
        case 's':
            for (const auto r : white_space()) set.add(r.first, r.last);
            break;
        case 'd':
            add_categories(set, bit(category::nd));
            break;
        case 'w':
            add_categories(set, bits(category::lu, category::nl) | bit(category::pc));
            break;
        default:
            return false;
    }
    add((letter & 0x20) != 0 ? set : set.complement());
    return true;
}

}  // namespace plume::text
