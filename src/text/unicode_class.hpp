#pragma once

#include <cstdint>
#include <span>

namespace plume::text {

/// General categories of Unicode, in the order of the Standard's table 4-4.
enum class category : std::uint8_t { lu, ll, lt, lm, lo, mn, mc, me, nd, nl, no, pc, pd, ps, pe, pi, pf, po, sm, sc, sk, so, zs, zl, zp, cc, cf, cs, co, cn };
inline constexpr std::size_t n_categories = 30;

inline constexpr std::uint32_t end_of_code = 0x110000;  // behind the last code point

/// Unicode 16 (tools/make_unicode_tables.py), in constant time. `point` is at most U+10FFFF.
[[nodiscard]] category category_of(char32_t point) noexcept;

struct code_range {
    char32_t first, last;
};
/// Every step-th code point from first to last, and how far away each one's image is.
struct distance_run {
    char32_t     first, last;
    std::uint8_t step;
    std::int32_t distance;
};
/// What has the property White_Space: \s in the patterns of tokenizers.
[[nodiscard]] std::span<const code_range> white_space() noexcept;
/// What has the script Han.
[[nodiscard]] std::span<const code_range> han() noexcept;

/// Words of first code point · 32 + category, sorted: a run goes to the next one's first.
[[nodiscard]] std::span<const std::uint32_t> category_runs() noexcept;

/// What a code point is, roughly: \p{L}, \p{N}, \s, or none of them.
enum class unicode_class : std::uint8_t { other, letter, number, space };

[[nodiscard]] unicode_class class_of(char32_t point) noexcept;

}  // namespace plume::text
