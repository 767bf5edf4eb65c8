#include "src/text/added_tokens.hpp"

#include <algorithm>

#include <plume/core/utf8.hpp>

#include "src/text/unicode_class.hpp"

namespace plume::text {
namespace {

/// The place where the last character of `text` begins.
std::size_t last_character(std::string_view text) noexcept {
    std::size_t i = text.size() - 1;
    while (i > 0 && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) --i;
    return i;
}

bool is_word(char32_t c) noexcept {
    const auto kind = class_of(c);
    return c == '_' || kind == unicode_class::letter || kind == unicode_class::number;
}

bool ends_with_word(std::string_view text) noexcept { return !text.empty() && is_word(utf8::decode_one(text.substr(last_character(text))).code_point); }
bool begins_with_word(std::string_view text) noexcept { return !text.empty() && is_word(utf8::decode_one(text).code_point); }

/// Where the white space at the end of `text` begins, but not before `from`: each character is looked at for one match only.
std::size_t spaces_before(std::string_view text, std::size_t from) noexcept {
    while (text.size() > from) {
        const auto i = last_character(text);
        if (class_of(utf8::decode_one(text.substr(i)).code_point) != unicode_class::space) break;
        text = text.substr(0, i);
    }
    return text.size();
}

std::size_t spaces_at_front(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        const auto c = utf8::decode_one(text.substr(i));
        if (class_of(c.code_point) != unicode_class::space) break;
        i += c.size;
    }
    return i;
}

}  // namespace

added_tokens::added_tokens(std::span<const named> tokens) {
    std::vector<matcher::pattern> patterns;
    for (const auto& t : tokens) {
        patterns.push_back({t.text, t.token.id});
        rules_.push_back({t.token.id, static_cast<std::uint32_t>(t.text.size()), t.token.lstrip, t.token.rstrip, t.token.single_word});
    }
    std::sort(rules_.begin(), rules_.end(), [](const rule& a, const rule& b) { return a.id < b.id; });
    matcher_ = matcher(patterns);
}

const added_tokens::rule& added_tokens::rule_of(token_id id) const noexcept {
    return *std::lower_bound(rules_.begin(), rules_.end(), id, [](const rule& r, token_id i) { return r.id < i; });
}

added_tokens::place added_tokens::widened(std::string_view text, const matcher::match& m, std::size_t done) const noexcept {
    const auto& rule = rule_of(m.id);
    place       out{m.begin, m.begin + rule.size, true};
    if (rule.single_word && (ends_with_word(text.substr(0, out.begin)) || begins_with_word(text.substr(out.end)))) return {done, done, false};
    if (rule.lstrip) out.begin = spaces_before(text.substr(0, out.begin), done);
    if (rule.rstrip) out.end += spaces_at_front(text.substr(out.end));
    // The token before it may have taken white space that begins this one: it still counts.
    return {std::max(out.begin, done), std::max(out.end, done), true};
}

}  // namespace plume::text
