#include <algorithm>
#include <limits>
#include <optional>

#include <plume/core/utf8.hpp>

#include "src/text/normaliser.hpp"

namespace plume::text {
namespace {

constexpr std::string_view special_characters = "\\^$.|?*+()[]{}";

/// Reads one of the simple patterns from left to right.
class pattern_reader {
public:
    explicit pattern_reader(std::string_view pattern) : rest_(pattern) {}

    /// A text without any operator, such as "\\n" or "``".
    std::optional<std::string> plain_text() {
        std::string text;
        while (!rest_.empty()) {
            const auto point = character(special_characters);
            if (!point) return {};
            utf8::append(text, *point);
        }
        return text.empty() ? std::nullopt : std::optional(text);
    }

    /// One character or set, and how often it repeats.
    std::optional<steps::replace_run> run() {
        steps::replace_run found{{}, 1, 1, {}};
        if (!(rest_.starts_with('[') ? set(found.set) : one(found.set))) return {};
        if (!repetition(found) || !rest_.empty()) return {};
        return found;
    }

private:
    bool take(std::string_view text) {
        if (!rest_.starts_with(text)) return false;
        rest_.remove_prefix(text.size());
        return true;
    }

    /// A character that stands for itself, by an escape or because it is none of `special`.
    std::optional<char32_t> character(std::string_view special) {
        if (rest_.empty()) return {};
        if (take("\\")) {
            constexpr std::string_view letters = "ntrf", values = "\n\t\r\f";
            if (rest_.empty()) return {};
            const char c = rest_[0];
            if (const auto at = letters.find(c); at != std::string_view::npos) return rest_.remove_prefix(1), static_cast<char32_t>(values[at]);
            const bool escaped = (special_characters.find(c) != std::string_view::npos) || c == '-' || c == '/' || c == '"' || c == '\'';
            if (!escaped) return {};
            rest_.remove_prefix(1);
            return static_cast<char32_t>(c);
        }
        if (special.find(rest_[0]) != std::string_view::npos) return {};
        const auto c = utf8::decode_one(rest_);
        if (!c.valid) return {};
        rest_.remove_prefix(c.size);
        return c.code_point;
    }

    bool one(char_class& out) {
        if (take("\\s")) return out.space = true;
        if (take("\\S")) return out.space = out.inverted = true;
        const auto point = character(special_characters);
        if (point) out.ranges.emplace_back(*point, *point);
        return point.has_value();
    }

    bool set(char_class& out) {
        take("[");
        out.inverted = take("^");
        while (!rest_.empty() && !rest_.starts_with(']')) {
            if (take("\\s")) {
                out.space = true;
                continue;
            }
            const auto first = character("\\[]&");  // "&&" intersects sets
            if (!first) return false;
            auto last = first;
            if (rest_.starts_with('-') && !rest_.starts_with("-]")) {
                take("-");
                last = character("\\[]&");
                if (!last || *last < *first) return false;
            }
            out.ranges.emplace_back(*first, *last);
        }
        return take("]") && (out.space || !out.ranges.empty());
    }

    std::optional<std::size_t> number() {
        std::size_t value = 0, digits = 0;
        for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9' && digits < 6; ++digits)
            value = 10 * value + static_cast<std::size_t>(rest_[digits] - '0');
        if (digits == 0) return {};
        rest_.remove_prefix(digits);
        return value;
    }

    /// Nothing, "+", "{n}", "{n,}" or "{n,m}". What may match nothing is not for replacing.
    bool repetition(steps::replace_run& out) {
        constexpr auto endless = std::numeric_limits<std::size_t>::max();
        if (rest_.empty()) return true;
        if (take("+")) return out.most = endless, true;
        if (!take("{")) return false;
        const auto least = number();
        if (!least || *least == 0) return false;
        out.least = out.most = *least;
        if (take(",")) {
            const auto most = number();
            out.most        = most.value_or(endless);
            if (out.most < out.least) return false;
        }
        return take("}");
    }

    std::string_view rest_;
};

}  // namespace

result<normaliser_step> replace_regex(std::string_view pattern, std::string content) {
    if (pattern.size() <= max_pattern_bytes) {
        if (auto text = pattern_reader(pattern).plain_text()) return normaliser_step(steps::replace{*std::move(text), std::move(content)});
        if (auto run = pattern_reader(pattern).run()) {
            run->content = std::move(content);
            return normaliser_step(*std::move(run));
        }
    }
    return error{code::format_unsupported, "is a pattern that does not run yet"}
        .about("normaliser pattern", pattern.substr(0, max_pattern_bytes))
        .hint("a text, or one character or set with + or {n,m}, runs");
}

}  // namespace plume::text
