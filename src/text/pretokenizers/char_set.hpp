#pragma once

#include <string_view>
#include <vector>

#include "src/text/unicode_class.hpp"

namespace plume::text {

/// A set of code points.
class char_set {
public:
    void add(char32_t first, char32_t last);
    void add(const char_set& other);
    void keep_only(const char_set& other);
    /// All code points that are not in the set.
    [[nodiscard]] char_set complement() const;
    /// Upper and lower case of a..z, and the long s (U+017F) and the Kelvin sign (U+212A), which fold to s and k.
    void ignore_case();

    /// "L", "Lu", "P", "Han", ...; false when that is no property known here.
    [[nodiscard]] bool add_property(std::string_view name);
    /// \s \d \w \S \D \W, by that letter. Oniguruma's \d is Nd, its \w is L, M, N and Pc as Unicode's Alphabetic has them.
    [[nodiscard]] bool add_shorthand(char letter);

    /// In order, apart from each other.
    [[nodiscard]] const std::vector<code_range>& ranges() const noexcept { return ranges_; }

private:
    void settle();

    std::vector<code_range> ranges_;
};

}  // namespace plume::text
