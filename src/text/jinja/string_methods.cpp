#include "string_methods.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>
#include <optional>

#include "../unicode_class.hpp"
#include "attributes.hpp"
#include "compare.hpp"
#include "format.hpp"

namespace plume::jinja {
namespace {

bool is_letter(char32_t point) noexcept { return text::class_of(point) == text::unicode_class::letter; }
bool is_number(char32_t point) noexcept { return text::class_of(point) == text::unicode_class::number; }
bool is_cased(char32_t point) noexcept { return to_case(point, letter_case::lower)[0] != point || to_case(point, letter_case::upper)[0] != point; }

bool is_line_end(char32_t point) noexcept {
    return (point >= 10 && point <= 13) || (point >= 0x1c && point <= 0x1e) || point == 0x85 || point == 0x2028 || point == 0x2029;
}

/// A whole word's last sigma is another letter than those inside.
bool is_final_sigma(std::string_view text, std::size_t at) noexcept {
    const auto after = at + utf8::decode_one(text.substr(at)).size;
    return at > 0 && is_cased(utf8::decode_one(text.substr(last_character(text.substr(0, at)))).code_point) &&
           (after == text.size() || !is_cased(utf8::decode_one(text.substr(after)).code_point));
}

/// A part of a text as a value; markup stays markup.
value part(runtime& r, const value& text, std::size_t begin, std::size_t end) {
    return r.string(text_of(text).slice(begin, end), text.as<string_object>().markup);
}

}  // namespace

value strip(runtime& r, const value& text, const value& characters, bool at_start, bool at_end) {
    const auto  view  = view_of(text);
    std::size_t begin = 0, end = view.size();
    r.spend_bytes(view.size());
    if (!characters.is_string()) {
        if (!characters.is_none() && !characters.is_missing()) return r.fail("'strip' has an argument of a wrong kind", "a string", kind_of(characters));
        if (at_start) begin = space_at_start(view);
        if (at_end) end -= space_at_end(view.substr(begin));
        return part(r, text, begin, end);
    }
    const auto set = view_of(characters);
    const auto in  = [&](std::string_view c) { return r.spend(1 + set.size() / 16) && find_text(set, c) != std::string_view::npos; };
    while (at_start && begin < end) {
        const auto size = utf8::decode_one(view.substr(begin)).size;
        if (!in(view.substr(begin, size))) break;
        begin += size;
    }
    while (at_end && begin < end) {
        const auto last = begin + last_character(view.substr(begin, end - begin));
        if (!in(view.substr(last, end - last))) break;
        end = last;
    }
    return part(r, text, begin, end);
}

value replace(runtime& r, const value& text, const value& old, const value& with, std::int64_t count) {
    const auto &from = text_of(text), &to = text_of(with);
    const auto  needle = view_of(old);
    auto        left   = count < 0 ? from.size() + 1 : static_cast<std::size_t>(count);
    r.spend_bytes(from.size());
    text_builder out(r);
    std::size_t  done = 0;
    for (; left > 0 && r.spend(); --left) {
        // An empty one is before each character, and at the end.
        const auto found = find_text(from.view(), needle, done);
        if (found == std::string_view::npos) break;
        out.add(from, done, found);
        out.add(to);
        done = found + needle.size();
        if (!needle.empty()) continue;
        if (done == from.size()) break;
        const auto size = utf8::decode_one(from.view().substr(done)).size;
        out.add(from, done, done + size);
        done += size;
    }
    out.add(from, std::min(done, from.size()), from.size());
    return out.finish(text.as<string_object>().markup);
}

void add_case(const marked& text, std::size_t at, letter_case wanted, text_builder& out) {
    const auto point = utf8::decode_one(text.view().substr(at)).code_point;
    const bool mark  = text.from_template(at);
    if (wanted == letter_case::lower && point == 0x3a3) return out.add_point(is_final_sigma(text.view(), at) ? 0x3c2 : 0x3c3, mark);
    for (const auto image : to_case(point, wanted))
        if (image != 0 || point == 0) {
            out.add_point(image, mark);
            if (point == 0) break;
        }
}

void add_lower(runtime& r, const marked& text, std::size_t begin, std::size_t end, text_builder& out) {
    for (; begin < end && r.ok(); begin += utf8::decode_one(text.view().substr(begin)).size) add_case(text, begin, letter_case::lower, out);
}

value change_case(runtime& r, const value& text, letter_case wanted) {
    const auto&  from = text_of(text);
    text_builder out(r);
    r.spend_characters(from.size());
    for (std::size_t i = 0; i < from.size() && r.ok(); i += utf8::decode_one(from.view().substr(i)).size)
        add_case(from, i, wanted == letter_case::title && i > 0 ? letter_case::lower : wanted, out);
    return out.finish(text.as<string_object>().markup);
}

value joined(runtime& r, const value& separator, const std::vector<value>& strings) {
    text_builder out(r);
    bool         first = true;
    for (const auto& s : strings) {
        if (!r.spend()) break;
        if (!s.is_string()) return r.fail("'join' needs strings", "a string", kind_of(s));
        if (!std::exchange(first, false)) out.add(text_of(separator));
        r.spend_bytes(view_of(s).size());
        out.add(text_of(s));
    }
    return out.finish(separator.as<string_object>().markup);
}

std::vector<value> lines_of(runtime& r, const value& text, bool keep_ends) {
    const auto         view = view_of(text);
    std::vector<value> lines;
    std::size_t        begin = 0;
    for (std::size_t i = 0; i < view.size() && r.ok();) {
        const auto c   = utf8::decode_one(view.substr(i));
        const auto end = i;
        i += c.size;
        if (!is_line_end(c.code_point)) continue;
        if (c.code_point == '\r' && i < view.size() && view[i] == '\n') ++i;
        r.spend();
        lines.push_back(part(r, text, begin, keep_ends ? i : end));
        begin = i;
    }
    if (begin < view.size()) lines.push_back(part(r, text, begin, view.size()));
    r.spend_characters(view.size());
    return lines;
}

std::size_t line_end_at_end(std::string_view line) noexcept {
    if (line.empty()) return 0;
    const auto last = last_character(line);
    if (!is_line_end(utf8::decode_one(line.substr(last)).code_point)) return 0;
    return line.ends_with("\r\n") ? 2 : line.size() - last;
}

value padded(runtime& r, const value& text, std::int64_t width, const value& fill, bool left, bool right) {
    const auto points = text.as<string_object>().points();
    if (fill.is_string() && fill.as<string_object>().points() != 1) return r.fail("a fill that is not one character");
    const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(width, 0));
    const auto free   = wanted > points ? wanted - points : 0;
    // str.center puts the odd space on the left where the width is odd.
    const auto   before = left && right ? free / 2 + (free & wanted & 1) : left ? free : 0;
    text_builder out(r);
    const auto   put = [&](std::size_t n) {
        for (; n > 0 && r.spend(); --n) fill.is_string() ? out.add(text_of(fill)) : out.add(" ");
    };
    put(before);
    out.add(text_of(text));
    put(free - before);
    return out.finish(text.as<string_object>().markup);
}

namespace {

value split_at_spaces(runtime& r, const value& text, std::int64_t most) {
    const auto         view = view_of(text);
    std::vector<value> parts;
    for (std::size_t i = space_at_start(view); i < view.size() && r.spend();) {
        auto end = i;
        if (most >= 0 && parts.size() == static_cast<std::size_t>(most)) {
            end = view.size();
        } else {
            while (end < view.size()) {
                const auto c = utf8::decode_one(view.substr(end));
                if (is_space(c.code_point)) break;
                end += c.size;
            }
        }
        parts.push_back(part(r, text, i, end));
        i = end + space_at_start(view.substr(end));
    }
    return r.sequence(flavour::list, std::move(parts));
}

value rsplit_at_spaces(runtime& r, const value& text, std::int64_t most) {
    const auto         view = view_of(text);
    std::vector<value> parts;
    for (auto end = view.size() - space_at_end(view); end > 0 && r.spend();) {
        auto begin = end;
        if (most >= 0 && parts.size() == static_cast<std::size_t>(most)) {
            begin = 0;
        } else {
            while (begin > 0) {
                const auto last = last_character(view.substr(0, begin));
                if (is_space(utf8::decode_one(view.substr(last)).code_point)) break;
                begin = last;
            }
        }
        parts.push_back(part(r, text, begin, end));
        end = begin - space_at_end(view.substr(0, begin));
    }
    std::reverse(parts.begin(), parts.end());
    return r.sequence(flavour::list, std::move(parts));
}

value split(runtime& r, const value& self, const parameters& p) {
    const auto most = p.integer(1, -1);
    r.spend_characters(view_of(self).size());
    if (!p.has_value(0)) return split_at_spaces(r, self, most);
    const auto separator = p.string(0);
    const auto by        = view_of(separator);
    if (by.empty()) return r.fail("'split' by nothing");
    const auto         view = view_of(self);
    std::vector<value> parts;
    std::size_t        begin = 0;
    while (r.spend() && (most < 0 || parts.size() < static_cast<std::size_t>(most))) {
        const auto found = find_text(view, by, begin);
        if (found == std::string_view::npos) break;
        parts.push_back(part(r, self, begin, found));
        begin = found + by.size();
    }
    parts.push_back(part(r, self, begin, view.size()));
    return r.sequence(flavour::list, std::move(parts));
}

/// Where `needle` is last in `text`. Each place where it could be counts, as the work may be the product of both lengths.
std::size_t find_last(runtime& r, std::string_view text, std::string_view needle) {
    if (needle.empty()) return text.size();
    while (text.size() >= needle.size()) {
        const auto places = text.size() - needle.size() + 1;
        const auto found  = text.substr(0, places).rfind(needle[0]);
        r.spend_bytes((found == std::string_view::npos ? places : places - found) + needle.size());
        if (found == std::string_view::npos || !r.ok()) break;
        if (text.substr(found, needle.size()) == needle) return found;
        text = text.substr(0, found + needle.size() - 1);
    }
    return std::string_view::npos;
}

value rsplit(runtime& r, const value& self, const parameters& p) {
    const auto most = p.integer(1, -1);
    r.spend_characters(view_of(self).size());
    if (!p.has_value(0)) return rsplit_at_spaces(r, self, most);
    const auto separator = p.string(0);
    const auto by        = view_of(separator);
    if (by.empty()) return r.fail("'rsplit' by nothing");
    auto               view = view_of(self);
    std::vector<value> parts;
    while (r.spend() && (most < 0 || parts.size() < static_cast<std::size_t>(most))) {
        const auto found = find_last(r, view, by);
        if (found == std::string_view::npos) break;
        parts.push_back(part(r, self, found + by.size(), view.size()));
        view = view.substr(0, found);
    }
    parts.push_back(part(r, self, 0, view.size()));
    std::reverse(parts.begin(), parts.end());
    return r.sequence(flavour::list, std::move(parts));
}

value partition(runtime& r, const value& self, const parameters& p, bool last) {
    const auto by = p.string(0), nothing = r.string(std::string_view{});
    if (view_of(by).empty()) return r.fail("'partition' by nothing");
    const auto view  = view_of(self);
    const auto found = last ? find_last(r, view, view_of(by)) : find_text(view, view_of(by));
    if (found == std::string_view::npos)
        return r.sequence(flavour::tuple, last ? std::vector<value>{nothing, nothing, self} : std::vector<value>{self, nothing, nothing});
    const auto after = found + view_of(by).size();
    return r.sequence(flavour::tuple, {part(r, self, 0, found), part(r, self, found, after), part(r, self, after, view.size())});
}

/// The part of a text between two indices of code points, as bytes; nothing where the first lies behind the end.
std::optional<std::pair<std::size_t, std::size_t>> window(const value& self, const parameters& p, std::size_t first) {
    const auto view = view_of(self);
    if (!p.has_value(first) && !p.has_value(first + 1)) return std::pair{std::size_t{0}, view.size()};
    const auto n  = static_cast<std::int64_t>(self.as<string_object>().points());
    const auto at = [&](std::size_t i, std::int64_t otherwise) {
        const auto given = p.has_value(i) ? p.integer(i, otherwise) : otherwise;
        return given < 0 ? std::max<std::int64_t>(given + n, 0) : given;
    };
    const auto start = at(first, 0), stop = std::min(at(first + 1, n), n);
    if (start > stop) return {};
    const auto begin = byte_of_point(view, static_cast<std::size_t>(start));
    return std::pair{begin, begin + byte_of_point(view.substr(begin), static_cast<std::size_t>(stop - start))};
}

value find(runtime& r, const value& self, const parameters& p, bool last, bool must) {
    const auto needle = p.string(0);
    const auto inside = window(self, p, 1);
    r.spend_characters(view_of(self).size());
    auto found = std::string_view::npos;
    if (inside) {
        const auto view = view_of(self).substr(inside->first, inside->second - inside->first);
        found           = last ? find_last(r, view, view_of(needle)) : find_text(view, view_of(needle));
    }
    if (found != std::string_view::npos) return value::count(utf8::count(view_of(self).substr(0, inside->first + found)));
    return must ? r.fail("'index' finds nothing") : value::of(std::int64_t{-1});
}

value count(runtime& r, const value& self, const parameters& p) {
    const auto needle = p.string(0);
    const auto inside = window(self, p, 1);
    if (!inside) return value::count(0);
    const auto view = view_of(self).substr(inside->first, inside->second - inside->first);
    r.spend_characters(view.size());
    if (view_of(needle).empty()) return value::count(utf8::count(view) + 1);
    std::size_t n = 0;
    for (auto at = find_text(view, view_of(needle)); at != std::string_view::npos && r.spend();
         at      = find_text(view, view_of(needle), at + view_of(needle).size()))
        ++n;
    return value::count(n);
}

value begins_or_ends(runtime& r, const value& self, const parameters& p, bool ends) {
    if (p.has(1)) r.spend_characters(view_of(self).size());  // to find the place
    const auto inside = window(self, p, 1);
    const auto view   = inside ? view_of(self).substr(inside->first, inside->second - inside->first) : std::string_view{};
    const auto fits   = [&](const value& v) {
        if (!v.is_string()) return r.fail("'startswith' and 'endswith' need strings", "a string", kind_of(v)), false;
        r.spend_bytes(view_of(v).size());
        return inside && (ends ? view.ends_with(view_of(v)) : view.starts_with(view_of(v)));
    };
    if (!p[0].is(type::sequence) || p[0].as<sequence_object>().flavour != flavour::tuple) return value::of(fits(p[0]));
    const auto& all = p[0].as<sequence_object>().items;
    return value::of(std::any_of(all.begin(), all.end(), fits));
}

/// str.title: what follows a letter that has a case is in lower case, every other letter in title case.
value title(runtime& r, const value& self, const parameters&) {
    const auto&  from = text_of(self);
    text_builder out(r);
    bool         inside = false;
    r.spend_characters(from.size());
    for (std::size_t i = 0; i < from.size() && r.ok();) {
        const auto c = utf8::decode_one(from.view().substr(i));
        add_case(from, i, inside ? letter_case::lower : letter_case::title, out);
        inside = is_cased(c.code_point);
        i += c.size;
    }
    return out.finish(self.as<string_object>().markup);
}

value swap_case(runtime& r, const value& self, const parameters&) {
    const auto&  from = text_of(self);
    text_builder out(r);
    r.spend_characters(from.size());
    for (std::size_t i = 0; i < from.size() && r.ok();) {
        const auto c = utf8::decode_one(from.view().substr(i));
        add_case(from, i, to_case(c.code_point, letter_case::lower)[0] != c.code_point ? letter_case::lower : letter_case::upper, out);
        i += c.size;
    }
    return out.finish(self.as<string_object>().markup);
}

/// True where there are characters and all are of a kind.
template <class Kind>
value all_are(runtime& r, const value& self, const Kind& is) {
    const auto view = view_of(self);
    bool       all  = !view.empty();
    r.spend_characters(view.size());
    for (std::size_t i = 0; i < view.size() && all;) {
        const auto c = utf8::decode_one(view.substr(i));
        all          = is(c.code_point);
        i += c.size;
    }
    return value::of(all);
}

/// All letters that have a case are in this one, and there is one.
value is_in_case(runtime& r, const value& self, letter_case wanted) {
    const auto view  = view_of(self);
    bool       found = false;
    r.spend_characters(view.size());
    for (std::size_t i = 0; i < view.size();) {
        const auto c = utf8::decode_one(view.substr(i));
        if (to_case(c.code_point, wanted)[0] != c.code_point) return value::of(false);
        found |= to_case(c.code_point, wanted == letter_case::lower ? letter_case::upper : letter_case::lower)[0] != c.code_point;
        i += c.size;
    }
    return value::of(found);
}

value zero_filled(runtime& r, const value& self, const parameters& p) {
    const auto   width = std::max<std::int64_t>(p.integer(0, 0), 0);
    const bool   sign  = !view_of(self).empty() && (view_of(self)[0] == '-' || view_of(self)[0] == '+');
    const auto&  from  = text_of(self);
    const auto   rest  = r.string(from.slice(sign ? 1 : 0, from.size()));
    text_builder out(r);
    out.add(from, 0, sign ? 1 : 0);
    out.add(text_of(padded(r, rest, width - (sign ? 1 : 0), r.string("0"), true, false)));
    return out.finish(self.as<string_object>().markup);
}

/// Spaces up to the next column that is a multiple of the size; lines begin anew.
value with_tabs_expanded(runtime& r, const value& self, const parameters& p) {
    const auto   size = std::clamp<std::int64_t>(p.integer(0, 8), 0, 1'000'000'000);
    const auto&  from = text_of(self);
    text_builder out(r);
    std::int64_t column = 0;
    std::size_t  plain  = 0;
    r.spend_characters(from.size());
    for (std::size_t i = 0; i < from.size() && r.ok(); ++i) {
        const char c = from.view()[i];
        if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
        column = c == '\n' || c == '\r' ? 0 : column + 1;
        if (c != '\t') continue;
        out.add(from, plain, i);
        plain        = i + 1;
        const auto n = size == 0 ? 0 : size - (column - 1) % size;
        for (std::int64_t k = 0; k < n && r.spend(); ++k) out.add(" ", from.from_template(i));
        column += n - 1;
    }
    out.add(from, plain, from.size());
    return out.finish(self.as<string_object>().markup);
}

using call = const parameters&;

constexpr builtin methods[] = {
    {"capitalize", "", 0, [](runtime& r, const value& s, call) { return change_case(r, s, letter_case::title); }},
    {"center", "width,fillchar", 1, [](runtime& r, const value& s, call p) { return padded(r, s, p.integer(0, 0), p[1], true, true); }},
    {"count", "sub,start,end", 1, count},
    {"endswith", "suffix,start,end", 1, [](runtime& r, const value& s, call p) { return begins_or_ends(r, s, p, true); }},
    {"expandtabs", "tabsize", 0, with_tabs_expanded},
    {"find", "sub,start,end", 1, [](runtime& r, const value& s, call p) { return find(r, s, p, false, false); }},
    {"format", "*", 0, [](runtime& r, const value& s, call p) { return format_braces(r, s, p.all); }},
    {"index", "sub,start,end", 1, [](runtime& r, const value& s, call p) { return find(r, s, p, false, true); }},
    {"isalnum", "", 0, [](runtime& r, const value& s, call) { return all_are(r, s, [](char32_t c) { return is_letter(c) || is_number(c); }); }},
    {"isalpha", "", 0, [](runtime& r, const value& s, call) { return all_are(r, s, is_letter); }},
    {"isascii", "", 0, [](runtime&, const value& s, call) { return value::of(s.as<string_object>().is_ascii()); }},
    {"isdecimal", "", 0, [](runtime& r, const value& s, call) { return all_are(r, s, is_number); }},
    {"isdigit", "", 0, [](runtime& r, const value& s, call) { return all_are(r, s, is_number); }},
    {"islower", "", 0, [](runtime& r, const value& s, call) { return is_in_case(r, s, letter_case::lower); }},
    {"isnumeric", "", 0, [](runtime& r, const value& s, call) { return all_are(r, s, is_number); }},
    {"isspace", "", 0, [](runtime& r, const value& s, call) { return all_are(r, s, is_space); }},
    {"isupper", "", 0, [](runtime& r, const value& s, call) { return is_in_case(r, s, letter_case::upper); }},
    {"join", "iterable", 1, [](runtime& r, const value& s, call p) { return joined(r, s, items_of(r, p[0])); }},
    {"ljust", "width,fillchar", 1, [](runtime& r, const value& s, call p) { return padded(r, s, p.integer(0, 0), p[1], false, true); }},
    {"lower", "", 0, [](runtime& r, const value& s, call) { return change_case(r, s, letter_case::lower); }},
    {"lstrip", "chars", 0, [](runtime& r, const value& s, call p) { return strip(r, s, p[0], true, false); }},
    {"partition", "sep", 1, [](runtime& r, const value& s, call p) { return partition(r, s, p, false); }},
    {"removeprefix", "prefix", 1,
     [](runtime& r, const value& s, call p) {
         const auto prefix = p.string(0);
         return part(r, s, view_of(s).starts_with(view_of(prefix)) ? view_of(prefix).size() : 0, view_of(s).size());
     }},
    {"removesuffix", "suffix", 1,
     [](runtime& r, const value& s, call p) {
         const auto suffix = p.string(0);
         return part(r, s, 0, view_of(s).size() - (view_of(s).ends_with(view_of(suffix)) ? view_of(suffix).size() : 0));
     }},
    {"replace", "old,new,count", 2, [](runtime& r, const value& s, call p) { return replace(r, s, p.string(0), p.string(1), p.integer(2, -1)); }},
    {"rfind", "sub,start,end", 1, [](runtime& r, const value& s, call p) { return find(r, s, p, true, false); }},
    {"rindex", "sub,start,end", 1, [](runtime& r, const value& s, call p) { return find(r, s, p, true, true); }},
    {"rjust", "width,fillchar", 1, [](runtime& r, const value& s, call p) { return padded(r, s, p.integer(0, 0), p[1], true, false); }},
    {"rpartition", "sep", 1, [](runtime& r, const value& s, call p) { return partition(r, s, p, true); }},
    {"rsplit", "sep,maxsplit", 0, rsplit},
    {"rstrip", "chars", 0, [](runtime& r, const value& s, call p) { return strip(r, s, p[0], false, true); }},
    {"split", "sep,maxsplit", 0, split},
    {"splitlines", "keepends", 0, [](runtime& r, const value& s, call p) { return r.sequence(flavour::list, lines_of(r, s, p.truth(0, false))); }},
    {"startswith", "prefix,start,end", 1, [](runtime& r, const value& s, call p) { return begins_or_ends(r, s, p, false); }},
    {"strip", "chars", 0, [](runtime& r, const value& s, call p) { return strip(r, s, p[0], true, true); }},
    {"swapcase", "", 0, swap_case},
    {"title", "", 0, title},
    {"upper", "", 0, [](runtime& r, const value& s, call) { return change_case(r, s, letter_case::upper); }},
    {"zfill", "width", 1, zero_filled},
};

}  // namespace

std::span<const builtin> string_methods() noexcept { return methods; }

}  // namespace plume::jinja
