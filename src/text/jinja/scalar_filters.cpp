#include <plume/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "../unicode_class.hpp"
#include "attributes.hpp"
#include "compare.hpp"
#include "filters.hpp"
#include "format.hpp"
#include "operators.hpp"
#include "printing.hpp"
#include "string_methods.hpp"

// Filters of text and numbers.

namespace plume::jinja {
namespace {

using call = const parameters&;

bool has_data(const value& v) noexcept { return v.is_string() ? text_of(v).has_data() : v.data(); }

/// Digits and such without white space around and single underscores between digits; nothing where an underscore stands elsewhere.
std::optional<std::string> number_text(std::string_view text) {
    text.remove_prefix(space_at_start(text));
    text.remove_suffix(space_at_end(text));
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t at) {
            return at < text.size() && ((text[at] >= '0' && text[at] <= '9') || ((text[at] | 0x20) >= 'a' && (text[at] | 0x20) <= 'f'));
        };
        if (text[i] != '_')
            out += text[i];
        else if (i == 0 || !digit(i - 1) || !digit(i + 1))
            return {};
    }
    return out;
}

std::optional<double> float_of(std::string_view text) {
    auto clean = number_text(text);
    if (!clean || clean->empty()) return {};
    std::string_view s     = *clean;
    const bool       sign  = s[0] == '+' || s[0] == '-';
    const bool       minus = s[0] == '-';
    if (sign) s.remove_prefix(1);
    if (s.empty() || s[0] == '-' || s[0] == '+') return {};
    double     d    = 0;
    const auto read = std::from_chars(s.data(), s.data() + s.size(), d);
    if (read.ptr != s.data() + s.size() || s.find('(') != std::string_view::npos) return {};
    if (read.ec == std::errc::result_out_of_range)
        d = s.find("e-") != std::string_view::npos || s.find("E-") != std::string_view::npos ? 0 : HUGE_VAL;
    else if (read.ec != std::errc{})
        return {};
    return minus ? -d : d;
}

/// int(text, base) of Python; nothing where it is no integer. Overflow is an error.
std::optional<std::int64_t> integer_of(runtime& r, std::string_view text, std::int64_t base) {
    auto clean = number_text(text);
    if (!clean || clean->empty()) return {};
    std::string_view s     = *clean;
    const bool       minus = s[0] == '-';
    if (minus || s[0] == '+') s.remove_prefix(1);
    const char letter = s.size() > 2 && s[0] == '0' ? static_cast<char>(s[1] | 0x20) : '\0';
    const auto named  = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (named != 0 && (base == named || base == 0)) {
        s.remove_prefix(2);
        base = named;
    }
    if (base == 0) base = 10;
    if (base < 2 || base > 36 || s.empty() || s[0] == '-') return {};
    std::uint64_t magnitude = 0;
    const auto    read      = std::from_chars(s.data(), s.data() + s.size(), magnitude, static_cast<int>(base));
    if (read.ptr != s.data() + s.size()) return {};
    constexpr auto most = static_cast<std::uint64_t>(INT64_MAX);
    if (read.ec != std::errc{} || magnitude > most) return r.fail("an integer of more than 64 bits"), 0;
    return minus ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
}

std::optional<std::int64_t> truncated(runtime& r, double d) {
    if (std::isnan(d)) return {};
    if (!(std::fabs(d) < 9.2233720368547758e18)) return r.fail("an integer of more than 64 bits"), 0;
    return static_cast<std::int64_t>(d);
}

value to_int(runtime& r, const value& v, call p) {
    const auto                  otherwise = p.has(0) ? p[0] : value::of(std::int64_t{0});
    std::optional<std::int64_t> i;
    if (v.is_undefined()) return r.fail("'int' of an undefined value");
    if (v.is_whole()) {
        i = v.integer();
    } else if (v.is(type::number)) {
        i = truncated(r, v.number());
    } else if (v.is_string()) {
        r.spend_characters(view_of(v).size());
        i = integer_of(r, view_of(v), p.integer(1, 10));
        if (!i)
            if (const auto d = float_of(view_of(v)); d && std::isfinite(*d)) i = truncated(r, *d);
    }
    return i ? value::of(*i, has_data(v)) : otherwise;
}

value to_float(runtime& r, const value& v, call p) {
    if (v.is_undefined()) return r.fail("'float' of an undefined value");
    if (v.is_numeric()) return value::of(v.number(), v.data());
    if (v.is_string()) {
        r.spend_characters(view_of(v).size());
        if (const auto d = float_of(view_of(v))) return value::of(*d, has_data(v));
    }
    return p.has(0) ? p[0] : value::of(0.0);
}

value absolute(runtime& r, const value& v, call) {
    if (!v.is_numeric()) return r.fail("'abs' needs a number", "a number", kind_of(v));
    if (v.is(type::number)) return value::of(std::fabs(v.number()), v.data());
    return v.integer() < 0 ? negated(r, v) : value::of(v.integer(), v.data());
}

value rounded(runtime& r, const value& v, call p) {
    const auto places = p.integer(0, 0);
    const auto method = p.has(1) ? p[1] : r.string("common");
    if (!v.is_numeric()) return r.fail("'round' needs a number", "a number", kind_of(v));
    if (places < 0 || places > 300) return r.fail("'round' needs from 0 to 300 places", code::format_limit);
    const bool common = is_string(method, "common");
    if (common && v.is_whole()) return value::of(v.integer(), v.data());  // as round(42, 0) of Python
    const double d = v.number();
    if (!std::isfinite(d)) return common ? v : r.fail("'round' of what is not finite");
    if (!common) {
        if (!is_string(method, "ceil") && !is_string(method, "floor")) return r.fail("'round' knows the methods common, ceil and floor");
        const double scale = std::pow(10.0, static_cast<double>(places)), scaled = d * scale;
        if (!std::isfinite(scaled)) return r.fail("'round' of a number that is too large for so many places");
        return value::of((is_string(method, "ceil") ? std::ceil(scaled) : std::floor(scaled)) / scale, v.data());
    }
    char       text[700];
    const auto end    = std::to_chars(text, text + sizeof text, d, std::chars_format::fixed, static_cast<int>(places)).ptr;
    double     result = 0;
    std::from_chars(text, end, result);
    return value::of(result, v.data());
}

value to_json(runtime& r, const value& v, call p) {
    json_style style{.ascii_only = p.truth(0, false), .sort_keys = p.truth(3, false)};
    if (p.has_value(1)) {
        style.item_separator = marked(",", true);
        const auto& indent   = p[1];
        if (indent.is_string())
            style.indent = text_of(indent);
        else
            style.indent = marked(std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(p.integer(1, 0), 0, 1000)), ' '), true);
    }
    if (p.has_value(2)) {
        const auto both = items_of(r, p[2]);
        if (both.size() != 2 || !both[0].is_string() || !both[1].is_string()) return r.fail("'tojson' needs two strings as separators");
        style.item_separator = text_of(both[0]);
        style.key_separator  = text_of(both[1]);
    }
    text_builder out(r);
    print_json(r, v, style, out);
    return out.finish();
}

/// The words of the filter `title`: what follows white space or one of -({[< is in upper case, the rest in lower case.
value titled(runtime& r, const value& v, call) {
    const auto   text = to_string(r, v);
    const auto&  from = text_of(text);
    text_builder out(r);
    bool         begins = true;
    r.spend_characters(from.size());
    for (std::size_t i = 0; i < from.size() && r.ok();) {
        const auto c = utf8::decode_one(from.view().substr(i));
        const bool parts =
            is_space(c.code_point) || (c.code_point < 0x80 && std::string_view("-({[<").find(static_cast<char>(c.code_point)) != std::string_view::npos);
        add_case(from, i, begins && !parts ? letter_case::upper : letter_case::lower, out);
        begins = parts;
        i += c.size;
    }
    return out.finish(text.as<string_object>().markup);
}

value indented(runtime& r, const value& v, call p) {
    if (!v.is_string()) return r.fail("'indent' needs a string", "a string", kind_of(v));
    const bool first = p.truth(1, false), blank = p.truth(2, false);
    const auto by = p.has(0) && p[0].is_string() ? p[0] : padded(r, r.string(std::string_view{}), p.integer(0, 4), value::missing(), true, false);
    // As in jinja2, a line end is added before the text is cut, so that a text that ends in one keeps it.
    text_builder with_end(r);
    with_end.add(text_of(v));
    with_end.add("\n");
    text_builder out(r);
    if (first) out.add(text_of(by));
    bool any = false, mark = true;  // every line end becomes \n, whose author is that of the old one
    for (const auto& line : lines_of(r, with_end.finish(), true)) {
        const auto& text = text_of(line);
        if (!r.spend()) break;
        const auto end = text.size() - line_end_at_end(text.view());
        if (std::exchange(any, true)) {
            out.add("\n", mark);
            if (blank || end > 0) out.add(text_of(by));
        }
        out.add(text, 0, end);
        mark = end < text.size() && text.from_template(end);
    }
    return out.finish(v.as<string_object>().markup);
}

value truncated_text(runtime& r, const value& v, call p) {
    const auto end  = p.has(2) ? p.string(2) : r.string("...");
    const auto most = p.integer(0, 255), leeway = p.has_value(3) ? p.integer(3, 5) : 5;
    const auto tail = static_cast<std::int64_t>(end.as<string_object>().points());
    const auto size = length_of(v);
    if (most < tail || leeway < 0) return r.fail("'truncate' to less than its own mark");
    if (size && (static_cast<std::int64_t>(*size) <= most || static_cast<std::int64_t>(*size) - most <= leeway)) return v;
    if (!v.is_string()) return r.fail("'truncate' needs a string", "a string", kind_of(v));
    const auto view = view_of(v);
    auto       cut  = byte_of_point(view, static_cast<std::size_t>(most - tail));
    if (!p.truth(1, false)) cut = std::min(cut, view.substr(0, cut).rfind(' '));
    text_builder out(r);
    out.add(text_of(v), 0, cut);
    out.add(text_of(end));
    return out.finish();
}

value word_count(runtime& r, const value& v, call) {
    const auto  text   = to_string(r, v);
    const auto  view   = view_of(text);
    std::size_t n      = 0;
    bool        inside = false;
    r.spend_characters(view.size());
    for (std::size_t i = 0; i < view.size();) {
        const auto c    = utf8::decode_one(view.substr(i));
        const auto kind = text::class_of(c.code_point);
        const bool word = kind == text::unicode_class::letter || kind == text::unicode_class::number || c.code_point == '_';
        n += word && !inside;
        inside = word;
        i += c.size;
    }
    return value::count(n);
}

value escaped(runtime& r, const value& v, call) { return escape_markup(r, to_string(r, v)); }

value safe(runtime& r, const value& v, call) {
    const auto text = to_string(r, v);
    return r.string(text_of(text), true);
}

value defaulted(runtime&, const value& v, call p, const value& otherwise) { return v.is_undefined() || (p.truth(1, false) && !is_true(v)) ? otherwise : v; }
value default_of(runtime& r, const value& v, call p) { return defaulted(r, v, p, p.has(0) ? p[0] : r.string(std::string_view{})); }

value attribute(runtime& r, const value& v, call p) {
    if (v.is_undefined()) return r.fail("'attr' of an undefined value");
    const auto name = p.string(0);
    auto       own  = own_attribute(r, v, view_of(name));
    return own.is_missing() ? value() : own;
}

value replaced(runtime& r, const value& v, call p) {
    return replace(r, to_string(r, v), to_string(r, p[0]), to_string(r, p[1]), p.has_value(2) ? p.integer(2, -1) : -1);
}

constexpr builtin of_scalars[] = {
    {"abs", "", 0, absolute},
    {"attr", "name", 1, attribute},
    {"capitalize", "", 0, [](runtime& r, const value& v, call) { return change_case(r, to_string(r, v), letter_case::title); }},
    {"center", "width", 0, [](runtime& r, const value& v, call p) { return padded(r, to_string(r, v), p.integer(0, 80), value::missing(), true, true); }},
    {"d", "default_value,boolean", 0, default_of},
    {"default", "default_value,boolean", 0, default_of},
    {"e", "", 0, escaped},
    {"escape", "", 0, escaped},
    {"float", "default", 0, to_float},
    {"forceescape", "", 0, [](runtime& r, const value& v, call) { return escape_markup(r, r.string(text_of(to_string(r, v)))); }},
    {"format", "*", 0, [](runtime& r, const value& v, call p) { return format_percent(r, to_string(r, v), p.all); }},
    {"indent", "width,first,blank", 0, indented},
    {"int", "default,base", 0, to_int},
    {"lower", "", 0, [](runtime& r, const value& v, call) { return change_case(r, to_string(r, v), letter_case::lower); }},
    {"replace", "old,new,count", 2, replaced},
    {"round", "precision,method", 0, rounded},
    {"safe", "", 0, safe},
    {"string", "", 0, [](runtime& r, const value& v, call) { return to_string(r, v); }},
    {"title", "", 0, titled},
    {"tojson", "ensure_ascii,indent,separators,sort_keys", 0, to_json},
    {"trim", "chars", 0, [](runtime& r, const value& v, call p) { return strip(r, to_string(r, v), p[0], true, true); }},
    {"truncate", "length,killwords,end,leeway", 0, truncated_text},
    {"upper", "", 0, [](runtime& r, const value& v, call) { return change_case(r, to_string(r, v), letter_case::upper); }},
    {"wordcount", "", 0, word_count},
};

}  // namespace

std::span<const builtin> scalar_filters() noexcept { return of_scalars; }

}  // namespace plume::jinja
