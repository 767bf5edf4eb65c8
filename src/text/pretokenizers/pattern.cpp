#include "src/text/pretokenizers/pattern.hpp"

#include <algorithm>

#include <plume/core/utf8.hpp>

namespace plume::text {
namespace {

using op = pattern_program::op;

constexpr std::size_t max_code  = 4000;
constexpr std::size_t max_depth = 16;  // of groups and classes
constexpr std::size_t max_times = 1000;

/// Reads a pattern from left to right and writes code at once. A part that is to be repeated, or preferred to another, is moved: jumps are relative
/// until the end, so that a part can be copied.
class parser {
public:
    explicit parser(std::string_view pattern) : rest_(pattern) {}

    std::optional<pattern_program> run() {
        code all = alternatives(0);
        if (failed_ || !rest_.empty()) return {};
        all.push_back({op::match, 0, 0});
        if (all.size() > max_code) return {};
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto place = [&](int by) { return static_cast<std::uint16_t>(static_cast<int>(i) + by); };
            const auto n     = all[i];
            const bool jumps = n.what == op::jump || n.what == op::split;
            out_.code.push_back(
                {n.what, jumps ? place(n.a) : static_cast<std::uint16_t>(n.a), n.what == op::split ? place(n.b) : static_cast<std::uint16_t>(n.b)});
        }
        return std::move(out_);
    }

private:
    struct step {
        op  what;
        int a, b;
    };
    using code = std::vector<step>;

    [[nodiscard]] bool at(std::string_view text) const noexcept { return rest_.starts_with(text); }
    bool               take(std::string_view text) noexcept {
                      if (!at(text)) return false;
        rest_.remove_prefix(text.size());
                      return true;
    }
    char32_t next() noexcept {
        if (rest_.empty()) return failed_ = true, 0;
        const auto c = utf8::decode_one(rest_);
        rest_.remove_prefix(c.size);
        return c.code_point;
    }
    static int  length(const code& part) noexcept { return static_cast<int>(part.size()); }
    static void append(code& to, const code& part) { to.insert(to.end(), part.begin(), part.end()); }

    code one(char_set set, op what = op::set, int at_end = 0) {
        if (ignores_case_) set.ignore_case();
        out_.sets.push_back(std::move(set));
        return {{what, static_cast<int>(out_.sets.size() - 1), at_end}};
    }

    code        alternatives(std::size_t depth);
    code        sequence(std::size_t depth);
    code        atom(std::size_t depth);
    code        group(std::size_t depth);
    code        quantified(const code& part);
    code        repeated(const code& part, std::size_t least, std::size_t most) const;
    char_set    bracket(std::size_t depth);
    char32_t    escaped(char_set& set);
    std::size_t number();
    bool        add_escape(char_set& set, char32_t& single);

    std::string_view rest_;
    pattern_program  out_;
    bool             ignores_case_ = false;
    bool             failed_       = false;
};

parser::code parser::alternatives(std::size_t depth) {
    if (depth > max_depth) return failed_ = true, code{};
    std::vector<code> all{sequence(depth)};
    while (!failed_ && take("|")) all.push_back(sequence(depth));
    code out = std::move(all.back());
    for (std::size_t i = all.size() - 1; i-- > 0;) {
        code both{{op::split, 1, length(all[i]) + 2}};
        append(both, all[i]);
        both.push_back({op::jump, length(out) + 1, 0});
        append(both, out);
        out = std::move(both);
    }
    return out;
}

parser::code parser::sequence(std::size_t depth) {
    code out;
    while (!failed_ && !rest_.empty() && !at("|") && !at(")")) {
        const code part = quantified(atom(depth));
        append(out, part);
        if (out.size() > max_code) failed_ = true;
    }
    return out;
}

parser::code parser::group(std::size_t depth) {
    const bool before = ignores_case_;
    code       out;
    if (take("?=") || at("?!")) {
        const bool negated = take("?!");
        out                = alternatives(depth + 1);
        if (out.size() != 1 || out[0].what != op::set) return failed_ = true, code{};
        if (negated) out_.sets[static_cast<std::size_t>(out[0].a)] = out_.sets[static_cast<std::size_t>(out[0].a)].complement();
        out = {{op::look, out[0].a, negated ? 1 : 0}};
    } else {
        if (take("?i:"))
            ignores_case_ = true;
        else
            (void)take("?:");
        out = alternatives(depth + 1);
    }
    ignores_case_ = before;
    if (!take(")")) failed_ = true;
    return out;
}

parser::code parser::atom(std::size_t depth) {
    char_set set;
    if (take("(")) return group(depth);
    if (take("[")) return one(bracket(depth));
    if (take("$")) {  // the end of a line: Oniguruma's way
        set.add('\n', '\n');
        return one(set, op::look, 1);
    }
    char32_t single = 0;
    if (take("\\")) {
        if (add_escape(set, single)) return one(set);
    } else {
        if (at(".") || at("^") || at("*") || at("+") || at("?") || at("{")) failed_ = true;
        single = next();
    }
    set.add(single, single);
    return one(set);
}

/// Behind a backslash: true when it was a set, else the character it stands for.
bool parser::add_escape(char_set& set, char32_t& single) {
    single = next();
    if (single == 'p' && take("{")) {
        const auto end = rest_.find('}');
        if (end == std::string_view::npos || !set.add_property(rest_.substr(0, end))) return failed_ = true;
        rest_.remove_prefix(end + 1);
        return true;
    }
    if (single == 'u') {
        single = 0;
        for (int i = 0; i < 4; ++i) {
            const auto c     = next();
            const auto digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : (failed_ = true, 0u);
            single           = single * 16 + digit;
        }
        return false;
    }
    switch (single) {
        case 'r':
            return single = '\r', false;
        case 'n':
            return single = '\n', false;
        case 't':
            return single = '\t', false;
        default:
            break;
    }
    const bool letter = (single | 0x20) >= 'a' && (single | 0x20) <= 'z';
    if (!letter) return false;
    if (!set.add_shorthand(static_cast<char>(single))) failed_ = true;
    return true;
}

/// Behind "[".
char_set parser::bracket(std::size_t depth) {
    char_set   out, part;
    const bool negated = take("^");
    bool       crossed = false;  // `out` holds what stood before an "&&"
    if (depth > max_depth) failed_ = true;
    while (!failed_ && !take("]")) {
        if (take("&&")) {
            if (crossed) part.keep_only(out);
            out = part, part = {}, crossed = true;
            continue;
        }
        if (take("[")) {
            part.add(bracket(depth + 1));
            continue;
        }
        char_set set;
        char32_t first = 0, last = 0;
        if (!take("\\")) {
            first = next();
        } else if (add_escape(set, first)) {
            part.add(set);
            continue;
        }
        last = first;
        if (at("-") && rest_.size() > 1 && rest_[1] != ']') {
            (void)take("-");
            if (!take("\\"))
                last = next();
            else if (add_escape(set, last))
                failed_ = true;
        }
        if (last < first) failed_ = true;
        part.add(first, last);
    }
    if (crossed) part.keep_only(out);
    return negated ? part.complement() : part;
}

std::size_t parser::number() {
    std::size_t n   = 0;
    bool        any = false;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
        n   = std::min<std::size_t>(n * 10 + static_cast<std::size_t>(rest_[0] - '0'), max_times + 1);
        any = true;
        rest_.remove_prefix(1);
    }
    if (!any || n > max_times) failed_ = true;
    return n;
}

parser::code parser::quantified(const code& part) {
    constexpr std::size_t no_end = 0;
    std::size_t           least = 1, most = 1;
    if (take("?"))
        least = 0;
    else if (take("*"))
        least = 0, most = no_end;
    else if (take("+"))
        most = no_end;
    else if (take("{")) {
        least = most = number();
        if (take(",")) most = number();
        if (!take("}") || most < least || most == 0 || at("+")) failed_ = true;
    } else
        return part;
    (void)take("+");
    if (failed_ || at("?") || at("*") || at("{") || part.empty()) return failed_ = true, code{};
    return repeated(part, least, most);
}

/// most 0: without end.
parser::code parser::repeated(const code& part, std::size_t least, std::size_t most) const {
    if (part.size() * std::max(least, most) > max_code) return code(max_code + 1, step{op::match, 0, 0});  // too long: run() says so
    code out;
    for (std::size_t i = 0; i < least; ++i) append(out, part);
    if (most == 0) {
        out.push_back({op::split, 1, length(part) + 2});
        append(out, part);
        out.push_back({op::jump, -length(part) - 1, 0});
    }
    for (std::size_t i = least; i < most; ++i) {
        const int left = static_cast<int>(most - i);
        out.push_back({op::split, 1, left * (length(part) + 1)});
        append(out, part);
    }
    return out;
}

}  // namespace

std::optional<pattern_program> parse_pattern(std::string_view pattern) { return parser(pattern).run(); }

}  // namespace plume::text
