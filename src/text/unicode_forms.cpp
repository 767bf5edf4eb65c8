#include "src/text/unicode_forms.hpp"

#include <algorithm>
#include <iterator>

#include <plume/core/utf8.hpp>

#include "src/text/unicode_class.hpp"

namespace plume::text {
namespace {

struct class_run {
    char32_t     first, last;
    std::uint8_t combining_class;
};
struct single {
    char32_t point, image;
};
struct canonical_pair {
    char32_t whole, first, second;
};
struct compatibility_text {
    char32_t      point;
    std::uint16_t begin;
    std::uint8_t  size;
};

#include "src/text/unicode_canonical.inc"
#include "src/text/unicode_compatibility.inc"

// Hangul syllables are made of jamo by arithmetic: the Unicode Standard, section 3.12.
constexpr char32_t syllable_base = 0xac00, lead_base = 0x1100, vowel_base = 0x1161, trail_base = 0x11a7;
constexpr char32_t n_leads = 19, n_vowels = 21, n_trails = 28, n_syllables = n_leads * n_vowels * n_trails;

constexpr bool is_syllable(char32_t c) noexcept { return c - syllable_base < n_syllables; }

constexpr unsigned bit(unicode_form form) noexcept { return 1u << static_cast<unsigned>(form); }
constexpr unsigned composing = bit(unicode_form::nfc) | bit(unicode_form::nfkc), decomposing = bit(unicode_form::nfd) | bit(unicode_form::nfkd);
constexpr unsigned compatible = bit(unicode_form::nfkc) | bit(unicode_form::nfkd);
constexpr unsigned joins      = 16;

template <class List>
auto find_point(const List& list, char32_t point, char32_t std::remove_reference_t<decltype(list[0])>::*key) noexcept {
    const auto found = std::lower_bound(std::begin(list), std::end(list), point, [&](const auto& entry, char32_t p) { return entry.*key < p; });
    return found != std::end(list) && (*found).*key == point ? found : nullptr;
}

/// One step of decomposing `point`, appended from last to first; false where there is none.
bool push_parts(char32_t point, bool compatibly, std::vector<char32_t>& parts) {
    if (const auto* s = find_point(canonical_singles, point, &single::point)) return parts.push_back(s->image), true;
    const auto* pair = find_point(canonical_pairs, point, &canonical_pair::whole);
    if (!pair) pair = find_point(pairs_not_composed, point, &canonical_pair::whole);
    if (pair) return parts.push_back(pair->second), parts.push_back(pair->first), true;
    if (!compatibly) return false;
    if (const auto* s = find_point(compatibility_singles, point, &single::point)) return parts.push_back(s->image), true;
    for (const auto& run : compatibility_runs)
        if (point >= run.first && point <= run.last && (point - run.first) % run.step == 0)
            return parts.push_back(static_cast<char32_t>(static_cast<std::int32_t>(point) + run.distance)), true;
    const auto* text = find_point(compatibility_texts, point, &compatibility_text::point);
    if (!text) return false;
    for (std::size_t i = text->size; i-- > 0;) parts.push_back(compatibility_pool[text->begin + i]);
    return true;
}

/// The full decomposition of `point`, appended: a few characters, a few steps deep.
void expand(char32_t point, bool compatibly, std::vector<char32_t>& out) {
    std::vector<char32_t> waiting{point};
    while (!waiting.empty()) {
        const auto next = waiting.back();
        waiting.pop_back();
        if (!push_parts(next, compatibly, waiting)) out.push_back(next);
    }
}

}  // namespace

unicode_forms::unicode_forms() : blocks_(0x110000 / block_size, 0), values_(block_size), images_(1) {
    for (const auto& run : class_runs)
        for (char32_t c = run.first; c <= run.last; ++c) change(c).combining_class = run.combining_class;
    add_images();
    for (const auto& p : canonical_pairs) pairs_.push_back({std::uint64_t{p.first} << 32 | p.second, p.whole});
    std::sort(pairs_.begin(), pairs_.end(), [](const pair& a, const pair& b) { return a.both < b.both; });
    add_flags();
}

unicode_forms::value& unicode_forms::change(char32_t point) {
    auto& block = blocks_[point / block_size];
    if (block == 0) {
        block = static_cast<std::uint16_t>(values_.size() / block_size);
        values_.resize(values_.size() + block_size);
    }
    return values_[block * block_size + point % block_size];
}

void unicode_forms::add_images() {
    const auto add = [&](char32_t point) {
        image next{};
        next.canonical_begin = static_cast<std::uint16_t>(pool_.size());
        expand(point, false, pool_);
        next.compatibility_begin = static_cast<std::uint16_t>(pool_.size());
        next.n_canonical         = static_cast<std::uint8_t>(pool_.size() - next.canonical_begin);
        expand(point, true, pool_);
        next.n_compatibility = static_cast<std::uint8_t>(pool_.size() - next.compatibility_begin);
        change(point).image  = static_cast<std::uint16_t>(images_.size());
        images_.push_back(next);
    };
    for (const auto& s : canonical_singles) add(s.point);
    for (const auto& p : canonical_pairs) add(p.whole);
    for (const auto& p : pairs_not_composed) add(p.whole);
    for (const auto& s : compatibility_singles) add(s.point);
    for (const auto& run : compatibility_runs)
        for (char32_t c = run.first; c <= run.last; c += run.step) add(c);
    for (const auto& t : compatibility_texts) add(t.point);
}

/// Whether a code point may change in a form: it has an image in it, or it may compose with the character before it.
void unicode_forms::add_flags() {
    const auto flag = [&](char32_t point, unsigned bits) {
        auto& v   = change(point);
        v.changes = static_cast<std::uint8_t>(v.changes | bits);
    };
    for (const auto& s : canonical_singles) flag(s.point, composing | decomposing);
    for (const auto& p : pairs_not_composed) flag(p.whole, composing | decomposing);
    for (const auto& p : canonical_pairs) flag(p.whole, decomposing), flag(p.second, composing | joins);
    for (const auto& s : compatibility_singles) flag(s.point, compatible);
    for (const auto& t : compatibility_texts) flag(t.point, compatible);
    for (const auto& run : compatibility_runs)
        for (char32_t c = run.first; c <= run.last; c += run.step) flag(c, compatible);
    // A pair may hold a compatibility character, so that its composition is not in the composing compatibility form either.
    for (const auto& p : canonical_pairs) {
        const auto& i = images_[of(p.whole).image];
        if (!std::equal(&pool_[i.canonical_begin], &pool_[i.canonical_begin] + i.n_canonical, &pool_[i.compatibility_begin],
                        &pool_[i.compatibility_begin] + i.n_compatibility))
            flag(p.whole, compatible);
    }
    for (char32_t c = syllable_base; c < syllable_base + n_syllables; ++c) flag(c, decomposing);
    for (char32_t c = vowel_base; c < vowel_base + n_vowels; ++c) flag(c, composing | joins);
    for (char32_t c = trail_base + 1; c < trail_base + n_trails; ++c) flag(c, composing | joins);
    for (const auto& run : class_runs)
        for (char32_t c = run.first; c <= run.last; ++c) flag(c, joins);
    for (auto& v : values_)
        if (v.image != 0 && ((of(pool_[images_[v.image].canonical_begin]).changes | of(pool_[images_[v.image].compatibility_begin]).changes) & joins) != 0)
            v.changes = static_cast<std::uint8_t>(v.changes | joins);
}

std::size_t unicode_forms::first_abnormal(std::string_view text, unicode_form form) const noexcept {
    std::size_t  start      = 0;  // the last character that joins with nothing before it
    std::uint8_t last_class = 0;
    for (std::size_t i = 0; i < text.size();) {
        if (static_cast<unsigned char>(text[i]) < 0x80) {
            start = i++, last_class = 0;
            continue;
        }
        const auto  c = utf8::decode_one(text.substr(i));
        const auto& v = of(c.code_point);
        if ((v.changes & joins) == 0) start = i;
        if ((v.changes & bit(form)) != 0 || (v.combining_class != 0 && v.combining_class < last_class)) return start;
        last_class = v.combining_class;
        i += c.size;
    }
    return std::string_view::npos;
}

void unicode_forms::append(std::string_view text, unicode_form form, std::string& out, std::size_t most) const {
    std::vector<unit> units;
    while (!text.empty() && out.size() <= most) {
        const auto begin = first_abnormal(text, form);
        out += text.substr(0, begin);
        if (begin == std::string_view::npos) return;
        text.remove_prefix(begin);
        std::size_t end = utf8::decode_one(text).size;
        while (end < text.size()) {
            const auto c = utf8::decode_one(text.substr(end));
            if ((of(c.code_point).changes & joins) == 0) break;
            end += c.size;
        }
        normalise(text.substr(0, end), form, units, out);
        text.remove_prefix(end);
    }
}

void unicode_forms::decompose(char32_t point, bool compatibly, std::vector<unit>& units) const {
    const auto push = [&](char32_t c) { units.push_back({c, of(c).combining_class}); };
    if (is_syllable(point)) {
        const char32_t index = point - syllable_base;
        push(lead_base + index / (n_vowels * n_trails));
        push(vowel_base + index / n_trails % n_vowels);
        if (index % n_trails != 0) push(trail_base + index % n_trails);
        return;
    }
    const auto& i = images_[of(point).image];
    const auto  n = compatibly ? i.n_compatibility : i.n_canonical;
    if (n == 0) return push(point);
    for (std::size_t k = 0; k < n; ++k) push(pool_[(compatibly ? i.compatibility_begin : i.canonical_begin) + k]);
}

void unicode_forms::normalise(std::string_view part, unicode_form form, std::vector<unit>& units, std::string& out) const {
    units.clear();
    for (std::size_t i = 0; i < part.size();) {
        const auto c = utf8::decode_one(part.substr(i));
        decompose(c.code_point, (bit(form) & compatible) != 0, units);
        i += c.size;
    }
    const auto is_starter = [](const unit& u) { return u.combining_class == 0; };
    for (auto begin = units.begin(); begin != units.end();) {
        begin          = std::find_if_not(begin, units.end(), is_starter);
        const auto end = std::find_if(begin, units.end(), is_starter);
        if (end - begin > 1) std::stable_sort(begin, end, [](const unit& a, const unit& b) { return a.combining_class < b.combining_class; });
        begin = end;
    }
    if ((bit(form) & composing) != 0) compose(units);
    for (const auto& u : units) utf8::append(out, u.point);
}

/// A character joins the last starter where the two have a composition and nothing between blocks it: nothing stands there, or only marks of lower class.
void unicode_forms::compose(std::vector<unit>& units) const noexcept {
    std::size_t kept = 0, starter = units.size();  // none yet
    for (const auto u : units) {
        const bool reaches = starter < kept && (kept == starter + 1 || units[kept - 1].combining_class < u.combining_class);
        if (const auto whole = reaches ? composed(units[starter].point, u.point) : 0) {
            units[starter].point = whole;
            continue;
        }
        if (u.combining_class == 0) starter = kept;
        units[kept++] = u;
    }
    units.resize(kept);
}

char32_t unicode_forms::composed(char32_t first, char32_t second) const noexcept {
    if (first - lead_base < n_leads && second - vowel_base < n_vowels)
        return syllable_base + ((first - lead_base) * n_vowels + (second - vowel_base)) * n_trails;
    if (is_syllable(first) && (first - syllable_base) % n_trails == 0 && second > trail_base && second < trail_base + n_trails)
        return first + (second - trail_base);
    const auto both  = std::uint64_t{first} << 32 | second;
    const auto found = std::lower_bound(pairs_.begin(), pairs_.end(), both, [](const pair& p, std::uint64_t key) { return p.both < key; });
    return found != pairs_.end() && found->both == both ? found->whole : 0;
}

}  // namespace plume::text
