#include "src/text/graphemes.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include <plume/core/utf8.hpp>

namespace plume::text {
namespace {

/// What a character is to the rules. A linker is an Extend that joins consonants of one script, the zero-width non-joiner one that keeps them apart; `syllable`
/// and `open_syllable` are Hangul, with and without a last consonant.
enum class kind : std::uint8_t {
    other,
    control,
    extend,
    zwj,
    regional,
    prepend,
    spacing,
    lead,
    vowel,
    trail,
    pictograph,
    linker,
    consonant,
    open_syllable,
    syllable,
    non_joiner
};

constexpr std::uint32_t run_of(std::uint32_t first, kind k) { return first << 4 | static_cast<std::uint32_t>(k); }
constexpr std::uint32_t o(std::uint32_t first) { return run_of(first, kind::other); }
constexpr std::uint32_t c(std::uint32_t first) { return run_of(first, kind::control); }
constexpr std::uint32_t e(std::uint32_t first) { return run_of(first, kind::extend); }
constexpr std::uint32_t z(std::uint32_t first) { return run_of(first, kind::zwj); }
constexpr std::uint32_t r(std::uint32_t first) { return run_of(first, kind::regional); }
constexpr std::uint32_t p(std::uint32_t first) { return run_of(first, kind::prepend); }
constexpr std::uint32_t s(std::uint32_t first) { return run_of(first, kind::spacing); }
constexpr std::uint32_t l(std::uint32_t first) { return run_of(first, kind::lead); }
constexpr std::uint32_t v(std::uint32_t first) { return run_of(first, kind::vowel); }
constexpr std::uint32_t t(std::uint32_t first) { return run_of(first, kind::trail); }
constexpr std::uint32_t i(std::uint32_t first) { return run_of(first, kind::pictograph); }
constexpr std::uint32_t k(std::uint32_t first) { return run_of(first, kind::linker); }
constexpr std::uint32_t n(std::uint32_t first) { return run_of(first, kind::consonant); }

#include "src/text/grapheme_breaks.inc"
static_assert(std::is_sorted(std::begin(break_runs), std::end(break_runs)) && break_runs[0] >> 4 == 0);

kind kind_of(char32_t point) noexcept {
    if (point >= 0x20 && point < 0x7f) return kind::other;
    if (point >= 0xac00 && point < 0xd7a4) return (point - 0xac00) % 28 == 0 ? kind::open_syllable : kind::syllable;
    if (point >= 0x3400 && point < 0xa000) return kind::other;
    if (point == '\r' || point == '\n') return kind::control;
    if (point == 0x200c) return kind::non_joiner;
    const auto after = std::upper_bound(std::begin(break_runs), std::end(break_runs), static_cast<std::uint32_t>(point) << 4 | 15);
    return static_cast<kind>(*std::prev(after) & 15);
}

bool extends(kind x) noexcept { return x == kind::extend || x == kind::linker || x == kind::zwj || x == kind::non_joiner; }

/// What the rules remember of the cluster so far.
struct cluster {
    kind last;
    bool pictograph;     // a pictograph, then Extends, then perhaps a joiner
    bool consonant;      // a consonant, then Extends
    bool linked;         // ... with a linker among them
    bool odd_regionals;  // one regional indicator, or three, ...

    explicit cluster(kind first) noexcept
        : last(first), pictograph(first == kind::pictograph), consonant(first == kind::consonant), linked(false), odd_regionals(first == kind::regional) {}

    /// Whether a character of kind `next` belongs to the cluster.
    [[nodiscard]] bool takes(kind next) const noexcept {
        if (last == kind::control || next == kind::control) return false;  // GB4, GB5
        if (last == kind::lead && (next == kind::lead || next == kind::vowel || next == kind::open_syllable || next == kind::syllable)) return true;  // GB6
        if ((last == kind::open_syllable || last == kind::vowel) && (next == kind::vowel || next == kind::trail)) return true;                        // GB7
        if ((last == kind::syllable || last == kind::trail) && next == kind::trail) return true;                                                      // GB8
        if (extends(next) || next == kind::spacing || last == kind::prepend) return true;  // GB9, 9a, 9b
        if (next == kind::consonant && linked) return true;                                // GB9c
        if (last == kind::zwj && pictograph && next == kind::pictograph) return true;      // GB11
        return last == kind::regional && next == kind::regional && odd_regionals;          // GB12, GB13
    }
    void take(kind next) noexcept {
        pictograph    = next == kind::pictograph || (pictograph && extends(next) && last != kind::zwj);
        linked        = consonant && extends(next) && next != kind::non_joiner && (linked || next == kind::linker);
        consonant     = next == kind::consonant || (consonant && extends(next) && next != kind::non_joiner);
        odd_regionals = next == kind::regional && !(last == kind::regional && odd_regionals);
        last          = next;
    }
};

}  // namespace

std::size_t grapheme_end(std::string_view text, std::size_t begin) noexcept {
    const auto first = utf8::decode_one(text.substr(begin));
    auto       end   = begin + first.size;
    if (first.code_point == '\r' && text.substr(end).starts_with('\n')) return end + 1;  // GB3
    cluster so_far(kind_of(first.code_point));
    while (end < text.size()) {
        const auto next = utf8::decode_one(text.substr(end));
        const auto what = kind_of(next.code_point);
        if (!so_far.takes(what)) break;
        so_far.take(what);
        end += next.size;
    }
    return end;
}

}  // namespace plume::text
