#include "printing.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "characters.hpp"
#include "compare.hpp"

namespace plume::jinja {
namespace {

std::string hex_digits(std::uint32_t number, std::size_t width) {
    char        digits[16];
    const auto  end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
    std::string out(width - std::min(width, static_cast<std::size_t>(end - digits)), '0');
    return out.append(digits, end);
}

std::string repr_escape(char32_t point) {
    switch (point) {
        case '\n':
            return "\\n";
        case '\r':
            return "\\r";
        case '\t':
            return "\\t";
        default:
            break;
    }
    const auto number = static_cast<std::uint32_t>(point);
    return point < 0x100 ? "\\x" + hex_digits(number, 2) : point < 0x10000 ? "\\u" + hex_digits(number, 4) : "\\U" + hex_digits(number, 8);
}

/// Python takes double quotes only for a text with single ones and no double ones.
void print_string_repr(runtime& r, const marked& text, text_builder& out) {
    const auto view  = text.view();
    const char quote = view.find('\'') != std::string_view::npos && view.find('"') == std::string_view::npos ? '"' : '\'';
    const bool mark  = !text.has_data();
    out.add({&quote, 1}, mark);
    std::size_t plain = 0;
    for (std::size_t i = 0; i < view.size() && r.ok();) {
        const auto c = utf8::decode_one(view.substr(i));
        if (c.code_point == static_cast<unsigned char>(quote) || c.code_point == '\\' || !is_printable(c.code_point)) {
            out.add(text, plain, i);
            const bool from_template = text.from_template(i);
            if (c.code_point == static_cast<unsigned char>(quote) || c.code_point == '\\') {
                out.add("\\", from_template);
                out.add(text, i, i + 1);
            } else {
                out.add(repr_escape(c.code_point), from_template);
            }
            plain = i + c.size;
        }
        i += c.size;
    }
    out.add(text, plain, view.size());
    out.add({&quote, 1}, mark);
}

void print_sequence(runtime& r, const sequence_object& s, text_builder& out) {
    constexpr std::string_view openings[] = {"[", "(", "", "dict_keys([", "dict_values([", "dict_items([", ""};
    constexpr std::string_view closings[] = {"]", ")", "", "])", "])", "])", ""};
    const auto                 kind       = static_cast<std::size_t>(s.flavour);
    if (openings[kind].empty()) {
        r.fail(std::string(name(s.flavour)) + " cannot be printed; use |list");
        return;
    }
    out.add(openings[kind], !s.data);
    bool first = true;
    for (const auto& v : s.items) {
        if (!r.ok()) return;
        if (!std::exchange(first, false)) out.add(", ", !s.data);
        print_repr(r, v, out);
    }
    out.add(s.flavour == flavour::tuple && s.items.size() == 1 ? ",)" : closings[kind], !s.data);
}

void print_mapping(runtime& r, const mapping_object& m, text_builder& out) {
    out.add("{", !m.data);
    bool first = true;
    for (const auto& [key, content] : m.entries) {
        if (!r.ok()) return;
        if (!std::exchange(first, false)) out.add(", ", !m.data);
        print_repr(r, key, out);
        out.add(": ", !m.data);
        print_repr(r, content, out);
    }
    out.add("}", !m.data);
}

/// JSON for one value after the other.
class json_printer {
public:
    json_printer(runtime& r, const json_style& style, text_builder& out) noexcept : runtime_(r), style_(style), out_(out) {}

    void print(const value& v, std::size_t depth) {
        const runtime::level l(runtime_);
        if (!l.entered() || !runtime_.spend()) return;
        if (v.is_string())
            string(text_of(v));
        else if (v.is(type::mapping))
            mapping(v.as<mapping_object>(), depth);
        else if (v.is(type::sequence) && (v.as<sequence_object>().flavour == flavour::list || v.as<sequence_object>().flavour == flavour::tuple))
            array(v.as<sequence_object>(), depth);
        else if (v.is_none() || v.is_numeric())
            out_.add(scalar(v), !v.data());
        else
            runtime_.fail("'tojson' has no JSON for " + std::string(kind_of(v)));
    }

private:
    static std::string scalar(const value& v) {
        if (v.is_none()) return "null";
        if (v.is(type::boolean)) return v.integer() != 0 ? "true" : "false";
        if (v.is(type::integer)) return std::to_string(v.integer());
        const double d = v.number();
        return std::isnan(d) ? "NaN" : std::isinf(d) ? d > 0 ? "Infinity" : "-Infinity" : number_repr(d);
    }

    void line(std::size_t depth, bool mark) {
        if (!style_.indent) return;
        out_.add("\n", mark);
        for (; depth > 0 && runtime_.ok(); --depth) between(*style_.indent, mark);
    }

    /// What stands between values is the caller's in a list of the caller's, or else its author's.
    void between(const marked& text, bool mark) { mark ? out_.add(text) : out_.add(text.view(), false); }

    void array(const sequence_object& s, std::size_t depth) {
        if (s.items.empty()) return out_.add("[]", !s.data);
        out_.add("[", !s.data);
        bool first = true;
        for (const auto& v : s.items) {
            if (!runtime_.ok()) return;
            if (!std::exchange(first, false)) between(style_.item_separator, !s.data);
            line(depth + 1, !s.data);
            print(v, depth + 1);
        }
        line(depth, !s.data);
        out_.add("]", !s.data);
    }

    void mapping(const mapping_object& m, std::size_t depth) {
        if (m.entries.empty()) return out_.add("{}", !m.data);
        std::vector<const mapping_object::entry*> entries;
        for (const auto& e : m.entries) entries.push_back(&e);
        if (style_.sort_keys)
            std::stable_sort(entries.begin(), entries.end(), [&](const auto* a, const auto* b) { return order(runtime_, a->first, b->first) < 0; });
        out_.add("{", !m.data);
        bool first = true;
        for (const auto* e : entries) {
            if (!runtime_.ok()) return;
            if (!std::exchange(first, false)) between(style_.item_separator, !m.data);
            line(depth + 1, !m.data);
            key(e->first);
            between(style_.key_separator, !m.data);
            print(e->second, depth + 1);
        }
        line(depth, !m.data);
        out_.add("}", !m.data);
    }

    void key(const value& k) {
        if (k.is_string())
            string(text_of(k));
        else if (k.is_none() || k.is_numeric())
            out_.add('"' + scalar(k) + '"', !k.data());
        else
            runtime_.fail("'tojson' has no JSON for a key that is " + std::string(kind_of(k)));
    }

    void string(const marked& text) {
        const auto view = text.view();
        const bool mark = !text.has_data();
        runtime_.spend_bytes(view.size());
        out_.add("\"", mark);
        std::size_t plain = 0;
        for (std::size_t i = 0; i < view.size() && runtime_.ok();) {
            const auto byte = static_cast<unsigned char>(view[i]);
            if (byte >= 0x20 && byte != '"' && byte != '\\' && (byte < 0x7f || !style_.ascii_only)) {
                ++i;
                continue;
            }
            out_.add(text, plain, i);
            const auto c = utf8::decode_one(view.substr(i));
            out_.add(escape(c.code_point), text.from_template(i));
            plain = i += c.size;
        }
        out_.add(text, plain, view.size());
        out_.add("\"", mark);
    }

    static std::string escape(char32_t point) {
        constexpr std::string_view escaped = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
        if (point < 0x80)
            if (const auto known = escaped.find(static_cast<char>(point)); known != std::string_view::npos) return {'\\', letters[known]};
        const auto number = static_cast<std::uint32_t>(point);
        if (number < 0x10000) return "\\u" + hex_digits(number, 4);
        return "\\u" + hex_digits(0xd800 + ((number - 0x10000) >> 10), 4) + "\\u" + hex_digits(0xdc00 + ((number - 0x10000) & 0x3ff), 4);
    }

    runtime&          runtime_;
    const json_style& style_;
    text_builder&     out_;
};

}  // namespace

std::string number_repr(double d) {
    if (std::isnan(d)) return "nan";
    if (std::isinf(d)) return d > 0 ? "inf" : "-inf";
    char                   text[40];
    const auto             end = std::to_chars(text, text + sizeof text, d, std::chars_format::scientific).ptr;
    const std::string_view all(text, static_cast<std::size_t>(end - text));
    const auto             e        = all.find('e');
    int                    exponent = 0;
    std::from_chars(all.data() + e + (all[e + 1] == '+' ? 2 : 1), end, exponent);
    std::string digits;
    for (const char c : all.substr(0, e))
        if (c >= '0' && c <= '9') digits += c;
    std::string out = all[0] == '-' ? "-" : "";
    const auto  n   = static_cast<int>(digits.size());
    if (exponent < -4 || exponent >= 16) {
        out += digits[0];
        if (n > 1) out.append(".").append(digits, 1);
        const int size = exponent < 0 ? -exponent : exponent;
        return out + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + std::to_string(size);
    }
    if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    if (n <= exponent + 1) return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - n), '0') + ".0";
    return out + digits.substr(0, static_cast<std::size_t>(exponent + 1)) + "." + digits.substr(static_cast<std::size_t>(exponent + 1));
}

void print(runtime& r, const value& v, text_builder& out) {
    if (v.is_string())
        out.add(text_of(v));
    else if (!v.is_undefined())
        print_repr(r, v, out);
}

value to_string(runtime& r, const value& v) {
    if (v.is_string()) return v;
    text_builder out(r);
    print(r, v, out);
    return out.finish();
}

void print_repr(runtime& r, const value& v, text_builder& out) {
    const runtime::level l(r);
    if (!l.entered() || !r.spend()) return;
    switch (v.type()) {
        case type::undefined:
            return out.add("Undefined");
        case type::none:
            return out.add("None", !v.data());
        case type::boolean:
            return out.add(v.integer() != 0 ? "True" : "False", !v.data());
        case type::integer:
            return out.add(std::to_string(v.integer()), !v.data());
        case type::number:
            return out.add(number_repr(v.number()), !v.data());
        case type::string:
            r.spend_characters(view_of(v).size());
            if (!v.as<string_object>().markup) return print_string_repr(r, text_of(v), out);
            out.add("Markup(");
            print_string_repr(r, text_of(v), out);
            return out.add(")");
        case type::sequence:
            return print_sequence(r, v.as<sequence_object>(), out);
        case type::mapping:
            return print_mapping(r, v.as<mapping_object>(), out);
        default:
            r.fail(std::string(kind_of(v)) + " cannot be printed");
    }
}

void print_json(runtime& r, const value& v, const json_style& style, text_builder& out) { json_printer(r, style, out).print(v, 0); }

}  // namespace plume::jinja
