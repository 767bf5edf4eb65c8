#include "format.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "attributes.hpp"
#include "characters.hpp"
#include "compare.hpp"
#include "printing.hpp"

namespace plume::jinja {
namespace {

constexpr std::size_t widest = 100'000;  // of a field

/// How one value is to be shown: [[fill]align][sign][#][0][width][,][.precision][type].
struct specification {
    std::string                fill      = " ";
    bool                       fill_mark = true;   // who wrote the fill: the template, or the data that a format is
    char                       align     = '\0';   // < > ^ =
    char                       sign      = '\0';   // + - or a space
    bool                       zeros     = false;  // 0 before the width
    bool                       alternate = false;
    char                       group     = '\0';
    std::size_t                width     = 0;
    std::optional<std::size_t> precision = {};
    std::size_t                digits    = 0;  // at least so many, of an integer
    char                       kind      = '\0';
};

/// Digits from i on; an error above the widest field.
std::size_t read_number(runtime& r, std::string_view text, std::size_t& i) {
    std::size_t n = 0;
    while (i < text.size() && is_digit(text[i])) {
        n = std::min(n * 10 + static_cast<std::size_t>(text[i++] - '0'), widest + 1);
        if (n > widest) r.fail("a field wider than " + std::to_string(widest), code::format_limit);
    }
    return std::min(n, widest);
}

std::string upper_ascii(std::string s) {
    for (auto& c : s)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return s;
}

std::string digits_of(std::int64_t magnitude_of, char kind) {
    const auto  negative  = magnitude_of < 0;
    const auto  magnitude = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(magnitude_of) : static_cast<std::uint64_t>(magnitude_of);
    const int   base      = kind == 'x' || kind == 'X' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    char        text[72];
    std::string s(text, std::to_chars(text, text + sizeof text, magnitude, base).ptr);
    return kind == 'X' ? upper_ascii(std::move(s)) : s;
}

/// The digits of |d|, without sign.
std::string digits_of(double d, char kind, std::optional<std::size_t> precision) {
    if (std::isnan(d)) return kind == 'F' || kind == 'E' || kind == 'G' ? "NAN" : "nan";
    if (std::isinf(d)) return kind == 'F' || kind == 'E' || kind == 'G' ? "INF" : "inf";
    const double magnitude = std::fabs(kind == '%' ? d * 100 : d);
    const char   lower     = static_cast<char>(kind | 0x20);
    const auto   style = lower == 'e' ? std::chars_format::scientific : lower == 'g' || kind == '\0' ? std::chars_format::general : std::chars_format::fixed;
    if (kind == '\0' && !precision) return number_repr(magnitude);
    std::size_t places = precision.value_or(6);
    if (style == std::chars_format::general && places == 0) places = 1;
    std::string text(places + 400, '\0');  // 309 digits before the point at most
    const auto  end = std::to_chars(text.data(), text.data() + text.size(), magnitude, style, static_cast<int>(places)).ptr;
    text.resize(static_cast<std::size_t>(end - text.data()));
    if (kind == '%') text += '%';
    return kind == 'E' || kind == 'G' ? upper_ascii(std::move(text)) : text;
}

/// Separators between groups of digits, up to the point or exponent; zeros before them up to a width, where one is given.
void group_digits(std::string& digits, char separator, std::size_t size, std::size_t width) {
    const auto in_whole = [size](char c) { return is_digit(c) || size == 4; };  // digits of other bases are letters, and have no point
    const auto end      = static_cast<std::size_t>(std::find_if_not(digits.begin(), digits.end(), in_whole) - digits.begin());
    if (end == 0) return;  // inf, nan
    const auto rest = digits.size() - end;
    auto       n    = end;
    while (n + (n - 1) / size + rest < width) ++n;
    std::string out(n - end, '0');
    out.append(digits, 0, end);
    std::string grouped;
    for (std::size_t i = 0; i < n; ++i) {
        if (i > 0 && (n - i) % size == 0) grouped += separator;
        grouped += out[i];
    }
    digits = grouped.append(digits, end);
}

/// Fills up to the width; numbers with '=' between sign and digits.
void pad(const specification& s, std::string_view sign, const marked& content, char default_align, text_builder& out) {
    const auto have  = sign.size() + utf8::count(content.view());
    const auto free  = s.width > have ? s.width - have : 0;
    const char align = s.align != '\0' ? s.align : default_align;
    const auto left  = align == '<' ? 0 : align == '^' ? free / 2 : free;
    const auto fill  = [&](std::size_t n) {
        std::string all;
        for (; n > 0; --n) all += s.fill;
        out.add(all, s.fill_mark);
    };
    const bool mark = !content.has_data();
    if (align != '=') fill(left);
    out.add(sign, mark);
    if (align == '=') fill(free);
    out.add(content);
    if (align != '=') fill(free - left);
}

void put_number(runtime& r, const specification& s, const value& v, text_builder& out) {
    constexpr std::string_view integer_kinds = "dxXob", float_kinds = "fFeEgG%";
    const bool                 as_integer = v.is_whole() && (s.kind == '\0' || integer_kinds.find(s.kind) != std::string_view::npos);
    if (!as_integer && s.kind != '\0' && float_kinds.find(s.kind) == std::string_view::npos) {
        r.fail("a format '" + std::string(1, s.kind) + "' for " + std::string(kind_of(v)));
        return;
    }
    const bool by_bits = as_integer && s.kind != '\0' && s.kind != 'd';
    if (as_integer && s.precision) return static_cast<void>(r.fail("a precision for an integer"));
    if (by_bits && s.group == ',') return static_cast<void>(r.fail("',' in a format that is not decimal"));
    if (!r.spend_bytes(s.precision.value_or(0) + s.digits + s.width)) return;
    const bool negative = as_integer ? v.integer() < 0 : std::signbit(v.number());
    auto       digits   = as_integer ? digits_of(v.integer(), s.kind) : digits_of(v.number(), s.kind, s.precision);
    const bool general  = s.kind == 'g' || s.kind == 'G' || s.kind == '\0';
    if (s.alternate && !as_integer && std::isfinite(v.number()) && (general || digits.find('.') == std::string::npos))
        return static_cast<void>(r.fail("'#' in a format for a float that would need more digits is not supported"));
    if (digits.size() < s.digits) digits.insert(0, s.digits - digits.size(), '0');
    std::string sign = negative ? "-" : s.sign == '+' ? "+" : s.sign == ' ' ? " " : "";
    if (s.alternate && as_integer && s.kind != '\0' && s.kind != 'd') sign += std::string("0") + s.kind;
    if (s.group != '\0') {
        const bool zeros = s.zeros && s.align == '=';
        group_digits(digits, s.group, by_bits ? 4 : 3, zeros && s.width > sign.size() ? s.width - sign.size() : 0);
    }
    pad(s, sign, marked(std::move(digits), !v.data()), '>', out);
}

void put_text(const specification& s, const marked& text, text_builder& out) {
    const auto cut = s.precision ? byte_of_point(text.view(), *s.precision) : text.size();
    pad(s, "", text.slice(0, cut), '<', out);
}

/// The part of a specification that both kinds of formats share, from i on: the width's sign characters are read before.
void read_precision(runtime& r, std::string_view text, std::size_t& i, specification& s) {
    if (i < text.size() && text[i] == '.') {
        ++i;
        s.precision = read_number(r, text, i);
    }
}

// %-formats

class percent_formatter {
public:
    percent_formatter(runtime& r, const marked& text, std::vector<value> values, const value* mapping, bool must_use_all)
        : runtime_(r), text_(text), values_(std::move(values)), mapping_(mapping), must_use_all_(must_use_all), out_(r) {}

    value run() {
        const auto view = text_.view();
        runtime_.spend_bytes(view.size());
        while (at_ < view.size() && runtime_.ok()) {
            const auto percent = std::min(view.find('%', at_), view.size());
            out_.add(text_, at_, percent);
            at_ = percent;
            if (at_ < view.size()) conversion(view);
        }
        if (runtime_.ok() && must_use_all_ && next_ < values_.size()) runtime_.fail("not all values of a format are used");
        return out_.finish();
    }

private:
    void conversion(std::string_view view) {
        const auto begin = at_++;
        value      named = value::missing();
        if (at_ < view.size() && view[at_] == '(') {
            const auto end = view.find(')', at_);
            if (end == std::string_view::npos || mapping_ == nullptr) return static_cast<void>(runtime_.fail("a format with a name, but without a mapping"));
            const auto* found = mapping_->as<mapping_object>().find(view.substr(at_ + 1, end - at_ - 1));
            if (found == nullptr) return static_cast<void>(runtime_.fail("a format with a name that the mapping does not have"));
            named = *found;
            at_   = end + 1;
        }
        specification s;
        for (bool zero = false; at_ < view.size() && std::string_view("-+ #0").find(view[at_]) != std::string_view::npos; ++at_) {
            const char c = view[at_];
            if (c == '-') s.align = '<';
            if (c == '+' || (c == ' ' && s.sign != '+')) s.sign = c;
            if (c == '#') s.alternate = true;
            zero |= c == '0';
            if (zero && s.align == '\0') s.align = '=', s.fill = "0";
            if (s.align == '<') s.fill = " ";
        }
        s.width = read_number(runtime_, view, at_);
        read_precision(runtime_, view, at_, s);
        if (at_ >= view.size()) return static_cast<void>(runtime_.fail("a format that does not end"));
        const char kind = view[at_++];
        if (kind == '%') return out_.add("%", text_.from_template(begin));
        if (named.is_missing()) {
            if (next_ >= values_.size()) return static_cast<void>(runtime_.fail("too few values for a format"));
            named = values_[next_++];
        }
        put(kind, s, named);
    }

    void put(char kind, specification& s, const value& v) {
        if (kind == 's' || kind == 'r') {
            if (s.align != '<') s.align = '>', s.fill = " ";
            text_builder shown(runtime_);
            kind == 's' ? print(runtime_, v, shown) : print_repr(runtime_, v, shown);
            return put_text(s, shown.take(), out_);
        }
        constexpr std::string_view kinds = "diuxXofFeEgG";
        if (kinds.find(kind) == std::string_view::npos || !v.is_numeric())
            return static_cast<void>(runtime_.fail("a format '%" + std::string(1, kind) + "' for " + std::string(kind_of(v))));
        const bool is_float = std::string_view("fFeEgG").find(kind) != std::string_view::npos;
        if (!is_float) s.digits = std::exchange(s.precision, {}).value_or(0);
        s.kind = kind == 'i' || kind == 'u' ? 'd' : kind;
        if (is_float || v.is_whole()) return put_number(runtime_, s, v, out_);
        if (s.kind != 'd' || !(std::fabs(v.number()) < 9e18)) return static_cast<void>(runtime_.fail("a format for integers, but a float"));
        put_number(runtime_, s, value::of(static_cast<std::int64_t>(v.number()), v.data()), out_);
    }

    runtime&           runtime_;
    const marked&      text_;
    std::vector<value> values_;
    const value*       mapping_;
    bool               must_use_all_;
    text_builder       out_;
    std::size_t        at_ = 0, next_ = 0;
};

// {}-formats

class brace_formatter {
public:
    brace_formatter(runtime& r, const marked& text, const arguments& given) : runtime_(r), text_(text), given_(given), out_(r) {}

    value run() {
        const auto view = text_.view();
        runtime_.spend_bytes(view.size());
        for (std::size_t i = 0; i < view.size() && runtime_.ok();) {
            const auto brace = std::min(view.find_first_of("{}", i), view.size());
            out_.add(text_, i, brace);
            if (brace == view.size()) break;
            if (brace + 1 < view.size() && view[brace + 1] == view[brace]) {
                out_.add(text_, brace, brace + 1);
                i = brace + 2;
                continue;
            }
            const auto end = view[brace] == '{' ? view.find('}', brace) : std::string_view::npos;
            if (end == std::string_view::npos) return runtime_.fail("a format with a brace that stands alone");
            field(view.substr(brace + 1, end - brace - 1));
            i = end + 1;
        }
        return out_.finish();
    }

private:
    void field(std::string_view text) {
        if (text.find('{') != std::string_view::npos) return static_cast<void>(runtime_.fail("formats inside formats are not supported"));
        const auto colon    = std::min(text.find(':'), text.size());
        auto       name     = text.substr(0, colon);
        const auto bang     = name.find('!');
        const char shown_as = bang != std::string_view::npos && bang + 1 < name.size() ? name[bang + 1] : '\0';
        name                = name.substr(0, bang);
        const auto v        = named(name);
        if (!runtime_.ok()) return;
        const auto    wanted = text.substr(std::min(colon + 1, text.size()));
        specification s      = specified(wanted);
        if (v.is_numeric() && shown_as == '\0' && (!v.is(type::boolean) || !wanted.empty())) return put_number(runtime_, s, v, out_);
        const bool as_text = v.is_string() || shown_as != '\0';
        const bool plain   = (s.kind == '\0' || s.kind == 's') && s.sign == '\0' && s.group == '\0' && !s.alternate && (s.align != '=' || s.zeros);
        if (as_text ? !plain : !wanted.empty())
            return static_cast<void>(runtime_.fail("a format '" + std::string(wanted) + "' for " + std::string(kind_of(v))));
        if (s.zeros && s.align == '=') s.align = '<';
        text_builder text_of_value(runtime_);
        shown_as == 'r' ? print_repr(runtime_, v, text_of_value) : print(runtime_, v, text_of_value);
        put_text(s, text_of_value.take(), out_);
    }

    /// What `0`, `name`, `name.attribute` or `0[key]` means; without a name the next value.
    value named(std::string_view name) {
        const auto stop  = std::min(name.find_first_of(".["), name.size());
        const auto first = name.substr(0, stop);
        value      v     = value::missing();
        if (first.empty() || is_digit(first[0])) {
            std::size_t n = next_;
            if (first.empty() ? by_number_ : next_ > 0) return runtime_.fail("a format with numbered and unnumbered fields");
            if (first.empty()) {
                ++next_;
            } else {
                by_number_ = true;
                std::from_chars(first.data(), first.data() + first.size(), n);
            }
            if (n < given_.positional.size()) v = given_.positional[n];
        } else {
            runtime_.spend(1 + given_.named.size() / 4);
            for (const auto& given : given_.named)
                if (given.name == first) v = given.content;
        }
        if (v.is_missing()) return runtime_.fail("a format asks for a value that is not given");
        for (auto rest = name.substr(stop); !rest.empty() && runtime_.ok();) {
            const bool   item    = rest[0] == '[';
            const auto   end     = std::min(rest.find_first_of(item ? "]" : ".[", 1), rest.size());
            const auto   key     = std::string(rest.substr(1, end - 1));
            std::int64_t number  = 0;
            const bool   numeric = item && !key.empty() && is_digit(key[0]) && std::from_chars(key.data(), key.data() + key.size(), number).ec == std::errc{};
            v                    = item ? get_item(runtime_, v, numeric ? value::of(number) : runtime_.string(key)) : get_attribute(runtime_, v, key, nullptr);
            rest                 = rest.substr(std::min(end + (item ? 1 : 0), rest.size()));
        }
        return v;
    }

    specification specified(std::string_view text) {
        specification s;
        std::size_t   i         = 0;
        const auto    aligns    = [](char c) { return c == '<' || c == '>' || c == '^' || c == '='; };
        const auto    fill_size = text.empty() ? 0 : byte_of_point(text, 1);
        if (fill_size < text.size() && aligns(text[fill_size])) {
            s.fill      = text.substr(0, fill_size);
            s.fill_mark = text_.from_template(static_cast<std::size_t>(text.data() - text_.view().data()));
            s.align     = text[fill_size];
            i           = fill_size + 1;
        } else if (!text.empty() && aligns(text[0])) {
            s.align = text[i++];
        }
        const auto at = [&] { return i < text.size() ? text[i] : '\0'; };
        if (at() == '+' || at() == '-' || at() == ' ') s.sign = text[i++];
        if (at() == '#') s.alternate = true, ++i;
        if (at() == '0') {
            if (s.align == '\0') s.align = '=', s.fill = "0", s.zeros = true;
            ++i;
        }
        s.width = read_number(runtime_, text, i);
        if (at() == ',' || at() == '_') s.group = text[i++];
        read_precision(runtime_, text, i, s);
        if (i < text.size()) s.kind = text[i++];
        if (i < text.size()) runtime_.fail("a format specification that is not understood");
        return s;
    }

    runtime&         runtime_;
    const marked&    text_;
    const arguments& given_;
    text_builder     out_;
    std::size_t      next_      = 0;
    bool             by_number_ = false;
};

}  // namespace

value format_percent(runtime& r, const value& text, const value& values) {
    if (values.is(type::sequence) && values.as<sequence_object>().flavour == flavour::tuple)
        return percent_formatter(r, text_of(text), values.as<sequence_object>().items, nullptr, true).run();
    // What has subscripts could be a mapping, of which not all need be used.
    const bool subscripts = values.is(type::mapping) || values.is_undefined() || values.is(type::sequence);
    return percent_formatter(r, text_of(text), {values}, values.is(type::mapping) ? &values : nullptr, !subscripts).run();
}

value format_percent(runtime& r, const value& text, const arguments& given) {
    if (!given.positional.empty() && !given.named.empty()) return r.fail("'format' has arguments with and without names");
    if (given.named.empty()) return percent_formatter(r, text_of(text), given.positional, nullptr, true).run();
    std::vector<mapping_object::entry> entries;
    for (const auto& n : given.named) entries.emplace_back(n.name_as_string(r), n.content);
    const auto mapping = r.mapping(std::move(entries));
    return percent_formatter(r, text_of(text), {}, &mapping, false).run();
}

value format_braces(runtime& r, const value& text, const arguments& given) { return brace_formatter(r, text_of(text), given).run(); }

}  // namespace plume::jinja
