#include "lexer.hpp"

#include <plume/core/utf8.hpp>

#include <optional>

#include "../unicode_class.hpp"
#include "characters.hpp"
#include "place.hpp"

namespace plume::jinja {
namespace {

constexpr bool is_name_byte(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class lexer {
public:
    explicit lexer(std::string_view source) noexcept : source_(source) {}

    result<std::vector<token>> run() {
        while (!error_ && at_ < source_.size()) outside();
        if (error_) return std::move(*error_);
        add(token_kind::end, source_.size(), source_.size());
        return std::move(tokens_);
    }

private:
    [[nodiscard]] bool     here(std::string_view text) const noexcept { return source_.substr(at_).starts_with(text); }
    [[nodiscard]] char     at(std::size_t i) const noexcept { return i < source_.size() ? source_[i] : '\0'; }
    [[nodiscard]] unsigned sign_length(std::size_t i) const noexcept { return at(i) == '-' || at(i) == '+' ? 1 : 0; }

    void fail(std::size_t place, std::string_view what) {
        if (!error_) error_ = error_at(code::format_invalid, source_, place, what);
    }
    void add(token_kind kind, std::size_t begin, std::size_t end) {
        tokens_.push_back({kind, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end - begin)});
    }

    /// Text from at_ to `end`, where a tag with this sign begins: "-" takes white space off, and so does a tag that stands alone at a line's start.
    void add_text(std::size_t end, char sign, bool is_print) {
        auto text = source_.substr(at_, end - at_);
        if (sign == '-') {
            text.remove_suffix(space_at_end(text));
        } else if (sign != '+' && !is_print) {
            const auto newline = text.rfind('\n');
            const auto line    = newline == std::string_view::npos ? 0 : newline + 1;
            if ((line > 0 || line_starting_) && space_at_start(text.substr(line)) == text.size() - line) text = text.substr(0, line);
        }
        if (!text.empty()) add(token_kind::text, at_, at_ + text.size());
    }

    /// Text up to the next tag, and the tag.
    void outside() {
        auto tag = at_;
        for (;; ++tag) {
            tag = source_.find('{', tag);
            if (tag == std::string_view::npos) {
                add(token_kind::text, at_, source_.size());
                at_ = source_.size();
                return;
            }
            const char second = at(tag + 1);
            if (second == '{' || second == '%' || second == '#') break;
        }
        const char kind = source_[tag + 1], sign = at(tag + 2);
        const auto after = tag + 2 + sign_length(tag + 2);
        add_text(tag, sign, kind == '{');
        if (kind == '#') return comment(tag, after);
        if (kind == '%')
            if (const auto content = raw_content(after)) return raw(tag, *content);
        at_ = after;
        add(kind == '{' ? token_kind::print_begin : token_kind::block_begin, tag, after);
        inside(kind == '%', tag);
    }

    void comment(std::size_t tag, std::size_t content) {
        const auto end = source_.find("#}", content);
        if (end == std::string_view::npos) return fail(tag, "a comment that does not end");
        at_               = end + 2;
        const char before = end > content ? source_[end - 1] : '\0';
        after_tag(before, true);
    }

    /// What the end of a tag takes with it; at_ is behind the bracket.
    void after_tag(char sign, bool trims_newline) {
        const auto begin = at_;
        if (sign == '-') {
            at_ += space_at_start(source_.substr(at_));
        } else if (sign != '+' && trims_newline && at(at_) == '\n') {
            ++at_;
        }
        line_starting_ = at_ > begin && source_[at_ - 1] == '\n';
    }

    [[nodiscard]] std::size_t skip_space(std::size_t i) const noexcept { return i + space_at_start(source_.substr(i)); }

    /// Where the content of a raw block begins, if `raw %}` follows.
    [[nodiscard]] std::optional<std::size_t> raw_content(std::size_t i) const noexcept {
        i = skip_space(i);
        if (!source_.substr(i).starts_with("raw")) return {};
        i = skip_space(i + 3);
        if (source_.substr(i).starts_with("-%}")) return skip_space(i + 3);
        if (source_.substr(i).starts_with("%}")) return i + 2;
        return {};
    }

    void raw(std::size_t tag, std::size_t content) {
        line_starting_ = source_[content - 1] == '\n';
        at_            = content;
        for (auto end = source_.find("{%", content); end != std::string_view::npos; end = source_.find("{%", end + 1)) {
            auto i = skip_space(end + 2 + sign_length(end + 2));
            if (!source_.substr(i).starts_with("endraw")) continue;
            i               = skip_space(i + 6);
            const auto sign = sign_length(i);
            if (!source_.substr(i + sign).starts_with("%}")) continue;
            add_text(end, at(end + 2), false);
            at_ = i + sign + 2;
            return after_tag(sign != 0 ? source_[i] : '\0', true);
        }
        fail(tag, "a raw block that does not end");
    }

    /// The tokens of one tag.
    void inside(bool is_block, std::size_t tag) {
        std::vector<char> open;  // brackets, as what closes them
        while (!error_) {
            at_ = skip_space(at_);
            if (at_ >= source_.size())
                return fail(tag, is_block ? "a tag that does not end: there is no %} for this {%" : "a tag that does not end: there is no }} for this {{");
            if (open.empty() && ends(is_block)) return;
            one(open);
        }
    }

    bool ends(bool is_block) {
        const auto begin = at_;
        const char sign  = here("-") || (is_block && here("+")) ? source_[at_] : '\0';
        if (!source_.substr(at_ + (sign != '\0')).starts_with(is_block ? "%}" : "}}")) return false;
        at_ += (sign != '\0') + std::size_t{2};
        add(is_block ? token_kind::block_end : token_kind::print_end, begin, at_);
        after_tag(sign, is_block);
        return true;
    }

    void one(std::vector<char>& open) {
        const auto begin = at_;
        const char c     = source_[at_];
        if (is_digit(c)) return number();
        if (c == '"' || c == '\'') return string();
        while (at_ < source_.size()) {
            const auto point = utf8::decode_one(source_.substr(at_));
            if (!(point.code_point < 0x80 ? is_name_byte(source_[at_]) : is_name_point(point.code_point))) break;
            at_ += point.size;
        }
        if (at_ > begin) return add(token_kind::name, begin, at_);
        symbol(open);
    }

    static bool is_name_point(char32_t point) noexcept {
        const auto c = text::class_of(point);
        return c == text::unicode_class::letter || c == text::unicode_class::number;
    }

    void symbol(std::vector<char>& open) {
        constexpr std::string_view pairs[] = {"**", "//", "==", "!=", ">=", "<="};
        constexpr std::string_view singles = "+-/*%~[](){}><=.:|,;";
        const auto                 begin   = at_;
        const char                 c       = source_[at_];
        for (const auto pair : pairs)
            if (here(pair)) {
                at_ += 2;
                return add(token_kind::symbol, begin, at_);
            }
        if (singles.find(c) == std::string_view::npos || c == '\0') return fail(at_, "a character that no tag may hold");
        ++at_;
        if (c == '(' || c == '[' || c == '{') {
            open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
        } else if (c == ')' || c == ']' || c == '}') {
            if (open.empty() || open.back() != c) return fail(begin, "a bracket that closes nothing");
            open.pop_back();
        }
        add(token_kind::symbol, begin, at_);
    }

    void string() {
        const auto begin = at_;
        const char quote = source_[at_++];
        while (at_ < source_.size() && source_[at_] != quote) at_ += source_[at_] == '\\' ? 2 : 1;
        if (at_ >= source_.size()) return fail(begin, "a string that does not end");
        ++at_;
        add(token_kind::string, begin, at_);
    }

    /// The end of digits from i on, single underscores between them allowed; i itself where there is none.
    template <class Digit>
    [[nodiscard]] std::size_t digits(std::size_t i, const Digit& is) const {
        if (!is(at(i))) return i;
        while (is(at(i)) || (at(i) == '_' && is(at(i + 1)))) ++i;
        return i;
    }

    void number() {
        const auto begin   = at_;
        const auto decimal = digits(begin, is_digit);
        if (begin == 0 || source_[begin - 1] != '.') {  // a.1.2 is two subscripts
            auto end = decimal;
            if (at(end) == '.' && is_digit(at(end + 1))) end = digits(end + 1, is_digit);
            if (at(end) == 'e' || at(end) == 'E') {
                const auto exponent = end + 1 + sign_length(end + 1);
                if (is_digit(at(exponent))) end = digits(exponent, is_digit);
            }
            if (end > decimal) {
                at_ = end;
                return add(token_kind::number, begin, end);
            }
        }
        at_ = source_[begin] == '0' ? zero_or_based(begin) : decimal;
        add(token_kind::integer, begin, at_);
    }

    /// 0x1f, 0o17, 0b11, or zeros alone.
    [[nodiscard]] std::size_t zero_or_based(std::size_t begin) const {
        const char letter = static_cast<char>(at(begin + 1) | 0x20);
        const auto first  = begin + 2 + (at(begin + 2) == '_' ? 1 : 0);
        const auto hex    = [](char c) { return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f'); };
        const auto octal  = [](char c) { return c >= '0' && c <= '7'; };
        const auto binary = [](char c) { return c == '0' || c == '1'; };
        const auto end    = letter == 'x' ? digits(first, hex) : letter == 'o' ? digits(first, octal) : letter == 'b' ? digits(first, binary) : first;
        return end > first ? end : digits(begin, [](char c) { return c == '0'; });
    }

    std::string_view     source_;
    std::size_t          at_            = 0;
    bool                 line_starting_ = true;
    std::vector<token>   tokens_;
    std::optional<error> error_;
};

}  // namespace

std::string with_plain_lines(std::string_view source) {
    std::string out;
    out.reserve(source.size());
    for (std::size_t i = 0; i < source.size(); ++i) {
        if (source[i] == '\r') {
            out += '\n';
            if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
        } else {
            out += source[i];
        }
    }
    if (out.ends_with('\n')) out.pop_back();
    return out;
}

result<std::vector<token>> cut_into_tokens(std::string_view source) { return lexer(source).run(); }

}  // namespace plume::jinja
