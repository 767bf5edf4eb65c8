#include "src/text/token_rules.hpp"

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

bool is_word_character(char32_t c) noexcept {
    const auto kind = class_of(c);
    return c == '_' || kind == unicode_class::letter || kind == unicode_class::number;
}

bool ends_with_word(std::string_view text) noexcept {
    return !text.empty() && is_word_character(utf8::decode_one(text.substr(last_character(text))).code_point);
}
bool begins_with_word(std::string_view text) noexcept { return !text.empty() && is_word_character(utf8::decode_one(text).code_point); }

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

void token_rules::add(const added_token& token) {
    if (token.lstrip || token.rstrip || token.single_word) rules_.push_back(token);
}

token_rules::place token_rules::widened(std::string_view text, std::size_t begin, std::size_t size, token_id id, progress& at) const noexcept {
    std::size_t end  = begin + size;
    const auto  rule = std::lower_bound(rules_.begin(), rules_.end(), id, [](const added_token& r, token_id i) { return r.id < i; });
    if (rule != rules_.end() && rule->id == id) {
        if (rule->single_word && (ends_with_word(text.substr(0, begin)) || begins_with_word(text.substr(end)))) return {at.done, at.done, false};
        if (rule->lstrip && begin > at.done) begin = spaces_before(text.substr(0, begin), at.done);
        if (rule->rstrip) {
            if (at.spaces_end <= end) at.spaces_end = end + spaces_at_front(text.substr(end));
            end = at.spaces_end;
        }
    }
    // The token before may have taken white space that begins this one. Then this one still counts, and what lies behind it is text again, as in the library
    // whose rules these are.
    const place out{std::max(begin, at.done), end, true};
    at.done = end;
    return out;
}

}  // namespace plume::text
