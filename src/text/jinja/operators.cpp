#include "operators.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include "characters.hpp"
#include "compare.hpp"
#include "format.hpp"
#include "printing.hpp"

namespace plume::jinja {
namespace {

constexpr std::string_view overflow = "an integer of more than 64 bits";

std::string_view symbol_of(op kind) noexcept {
    switch (kind) {
        case op::add:
            return "+";
        case op::subtract:
            return "-";
        case op::multiply:
            return "*";
        case op::divide:
            return "/";
        case op::floor_divide:
            return "//";
        case op::modulo:
            return "%";
        default:
            return "**";
    }
}

value wrong_kinds(runtime& r, op kind, const value& a, const value& b) {
    for (const auto* v : {&a, &b})
        if (v->is_undefined())
            return r.fail("'" + std::string(symbol_of(kind)) + "' with " +
                          (v->undefined_name() != nullptr ? "'" + *v->undefined_name() + "', which is undefined" : std::string("an undefined value")));
    return r.fail("'" + std::string(symbol_of(kind)) + "' does not go with " + std::string(kind_of(a)) + " and " + std::string(kind_of(b)));
}

/// Rounded towards minus infinity, as Python divides; b is neither 0 nor -1.
std::int64_t floor_divided(std::int64_t a, std::int64_t b) noexcept {
    const auto q = a / b;
    return a % b != 0 && ((a < 0) != (b < 0)) ? q - 1 : q;
}
std::int64_t modulo(std::int64_t a, std::int64_t b) noexcept {
    const auto m = a % b;
    return m != 0 && (m < 0) != (b < 0) ? m + b : m;
}

/// Python's a // b of floats, by way of the remainder.
double float_floor_divided(double a, double b) noexcept {
    const double m = std::fmod(a, b);
    const double q = (a - m) / b - (m != 0 && (m < 0) != (b < 0) ? 1.0 : 0.0);
    if (q == 0) return std::copysign(0.0, a / b);
    const double whole = std::floor(q);
    return q - whole > 0.5 ? whole + 1 : whole;
}

double float_modulo(double a, double b) noexcept {
    const double m = std::fmod(a, b);
    if (m == 0) return std::copysign(0.0, b);
    return (m < 0) != (b < 0) ? m + b : m;
}

std::optional<std::int64_t> integer_power(std::int64_t base, std::int64_t exponent) noexcept {
    std::int64_t result = 1;
    for (;;) {
        if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return {};
        exponent >>= 1;
        if (exponent == 0) return result;
        if (__builtin_mul_overflow(base, base, &base)) return {};
    }
}

value integers(runtime& r, op kind, std::int64_t a, std::int64_t b, bool data) {
    std::int64_t result = 0;
    bool         over   = false;
    switch (kind) {
        case op::add:
            over = __builtin_add_overflow(a, b, &result);
            break;
        case op::subtract:
            over = __builtin_sub_overflow(a, b, &result);
            break;
        case op::multiply:
            over = __builtin_mul_overflow(a, b, &result);
            break;
        case op::divide:
            return b == 0 ? r.fail("a division by zero") : value::of(static_cast<double>(a) / static_cast<double>(b), data);
        case op::floor_divide:
        case op::modulo:
            if (b == 0) return r.fail("a division by zero");
            if (b == -1) {  // the one quotient that can overflow
                over   = kind == op::floor_divide && __builtin_sub_overflow(std::int64_t{0}, a, &result);
                result = kind == op::floor_divide ? result : 0;
            } else {
                result = kind == op::floor_divide ? floor_divided(a, b) : modulo(a, b);
            }
            break;
        default: {
            if (b < 0) return a == 0 ? r.fail("zero has no negative power") : value::of(std::pow(static_cast<double>(a), static_cast<double>(b)), data);
            const auto power = integer_power(a, b);
            over             = !power;
            result           = power.value_or(0);
        }
    }
    return over ? r.fail(overflow) : value::of(result, data);
}

value floats(runtime& r, op kind, double a, double b, bool data) {
    double result = 0;
    switch (kind) {
        case op::add:
            result = a + b;
            break;
        case op::subtract:
            result = a - b;
            break;
        case op::multiply:
            result = a * b;
            break;
        case op::divide:
        case op::floor_divide:
        case op::modulo:
            if (b == 0) return r.fail("a division by zero");
            result = kind == op::divide ? a / b : kind == op::modulo ? float_modulo(a, b) : float_floor_divided(a, b);
            break;
        default:
            if (a == 0 && b < 0) return r.fail("zero has no negative power");
            result = std::pow(a, b);
            if (std::isnan(result) && !std::isnan(a) && !std::isnan(b)) return r.fail("a power that is no real number");
            if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) return r.fail("a power beyond the range of double");
    }
    return value::of(result, data);
}

value joined_strings(runtime& r, const value& a, const value& b) {
    const auto &x = a.as<string_object>(), &y = b.as<string_object>();
    if (x.markup != y.markup) {
        const auto left = x.markup ? a : escape_markup(r, a), right = y.markup ? b : escape_markup(r, b);
        return joined_strings(r, left, right);
    }
    text_builder out(r);
    out.add(x.text);
    out.add(y.text);
    return out.finish(x.markup);
}

value joined_lists(runtime& r, const value& a, const value& b) {
    const auto &x = a.as<sequence_object>(), &y = b.as<sequence_object>();
    if (!r.spend(1 + (x.items.size() + y.items.size()) / 4)) return {};
    std::vector<value> items;
    items.reserve(x.items.size() + y.items.size());
    items.insert(items.end(), x.items.begin(), x.items.end());
    items.insert(items.end(), y.items.begin(), y.items.end());
    return r.sequence(x.flavour, std::move(items), x.data && y.data);
}

value repeated(runtime& r, const value& v, std::int64_t times) {
    const auto n = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
    if (v.is_string()) {
        text_builder out(r);
        for (std::size_t i = 0; i < n && !view_of(v).empty() && r.spend_bytes(view_of(v).size()); ++i) out.add(text_of(v));
        return out.finish(v.as<string_object>().markup);
    }
    const auto&        s = v.as<sequence_object>();
    std::vector<value> items;
    for (std::size_t i = 0; i < n && !s.items.empty(); ++i) {
        if (!r.spend(1 + s.items.size()) || items.size() > r.memory().room() / sizeof(value)) break;
        items.insert(items.end(), s.items.begin(), s.items.end());
    }
    return r.sequence(s.flavour, std::move(items), s.data);
}

bool is_list_or_tuple(const value& v) noexcept {
    return v.is(type::sequence) && (v.as<sequence_object>().flavour == flavour::list || v.as<sequence_object>().flavour == flavour::tuple);
}

/// Where a slice begins and ends, and how many items it has; Python's rules.
struct bounds {
    std::int64_t start, step;
    std::size_t  count;
};

std::optional<bounds> slice_bounds(runtime& r, std::size_t length, const value& start, const value& stop, const value& step) {
    for (const auto* v : {&start, &stop, &step})
        if (!v->is_whole() && !v->is_none() && !v->is_missing()) return r.fail("a slice of wrong kinds", "integers", kind_of(*v)), std::nullopt;
    const auto given = [](const value& v) { return v.is_whole(); };
    const auto by    = given(step) ? step.integer() : 1;
    if (by == 0) return r.fail("a slice whose step is zero"), std::nullopt;
    const auto n     = static_cast<std::int64_t>(length);
    const auto fixed = [&](const value& v, std::int64_t otherwise) {
        if (!given(v)) return otherwise;
        const auto i = v.integer() < 0 ? std::max(v.integer(), -n - 1) + n : v.integer();  // no overflow
        return by > 0 ? std::clamp<std::int64_t>(i, 0, n) : std::clamp<std::int64_t>(i, -1, n - 1);
    };
    const auto first = fixed(start, by > 0 ? 0 : n - 1), last = fixed(stop, by > 0 ? n : -1);
    const auto span = by > 0 ? last - first : first - last;
    if (span <= 0) return bounds{first, by, 0};
    const auto pace = by > 0 ? static_cast<std::uint64_t>(by) : std::uint64_t{0} - static_cast<std::uint64_t>(by);
    return bounds{first, by, static_cast<std::size_t>((static_cast<std::uint64_t>(span) - 1) / pace + 1)};
}

value string_slice(runtime& r, const value& v, const bounds& b) {
    const auto& s    = v.as<string_object>();
    const auto  view = s.text.view();
    if (b.count == 0) return r.string(marked(), s.markup);
    const auto byte_at = [&](std::int64_t point) {
        return s.is_ascii() ? static_cast<std::size_t>(point) : byte_of_point(view, static_cast<std::size_t>(point));
    };
    if (!(b.step == 1 && s.is_ascii() ? r.spend_bytes(b.count) : r.spend_characters(view.size()))) return {};
    text_builder out(r);
    if (b.step == 1) {
        const auto begin = byte_at(b.start);
        const auto size  = s.is_ascii() ? b.count : byte_of_point(view.substr(begin), b.count);
        out.add(s.text, begin, begin + size);
        return out.finish(s.markup);
    }
    std::vector<std::size_t> begins;  // of each code point, and the end
    for (std::size_t i = 0; i < view.size(); i += utf8::decode_one(view.substr(i)).size) begins.push_back(i);
    begins.push_back(view.size());
    auto at = b.start;
    for (std::size_t i = 0; i < b.count && r.ok(); ++i) {
        out.add(s.text, begins[static_cast<std::size_t>(at)], begins[static_cast<std::size_t>(at) + 1]);
        if (i + 1 < b.count) at += b.step;
    }
    return out.finish(s.markup);
}

}  // namespace

value binary_operator(runtime& r, op kind, const value& a, const value& b) {
    if (!r.ok()) return {};
    const bool data = a.data() || b.data();
    if (a.is_whole() && b.is_whole()) return integers(r, kind, a.integer(), b.integer(), data);
    if (a.is_numeric() && b.is_numeric()) return floats(r, kind, a.number(), b.number(), data);
    if (kind == op::add) {
        if (a.is_string() && b.is_string()) return joined_strings(r, a, b);
        if (is_list_or_tuple(a) && is_list_or_tuple(b) && a.as<sequence_object>().flavour == b.as<sequence_object>().flavour) return joined_lists(r, a, b);
    } else if (kind == op::multiply) {
        if ((a.is_string() || is_list_or_tuple(a)) && b.is_whole()) return repeated(r, a, b.integer());
        if ((b.is_string() || is_list_or_tuple(b)) && a.is_whole()) return repeated(r, b, a.integer());
    } else if (kind == op::modulo && a.is_string()) {
        return format_percent(r, a, b);
    }
    return wrong_kinds(r, kind, a, b);
}

value negated(runtime& r, const value& v) {
    if (v.is(type::number)) return value::of(-v.number(), v.data());
    if (!v.is_whole()) return r.fail("'-' does not go with " + std::string(kind_of(v)));
    std::int64_t result = 0;
    if (__builtin_sub_overflow(std::int64_t{0}, v.integer(), &result)) return r.fail(overflow);
    return value::of(result, v.data());
}

value with_plus(runtime& r, const value& v) {
    if (v.is(type::number)) return v;
    if (!v.is_whole()) return r.fail("'+' does not go with " + std::string(kind_of(v)));
    return value::of(v.integer(), v.data());
}

value slice(runtime& r, const value& v, const value& start, const value& stop, const value& step) {
    if (v.is_undefined()) return r.fail("a slice of an undefined value");
    const bool sliceable = v.is_string() || (v.is(type::sequence) && v.as<sequence_object>().has_index());
    if (!sliceable) return r.fail("a slice of " + std::string(kind_of(v)));
    const auto b = slice_bounds(r, *length_of(v), start, stop, step);
    if (!b) return {};
    if (v.is_string()) return string_slice(r, v, *b);
    const auto& s = v.as<sequence_object>();
    if (!r.spend(1 + b->count / 4)) return {};
    std::vector<value> items;
    items.reserve(b->count);
    auto at = b->start;
    for (std::size_t i = 0; i < b->count; ++i) {
        items.push_back(s.items[static_cast<std::size_t>(at)]);
        if (i + 1 < b->count) at += b->step;
    }
    return r.sequence(s.flavour, std::move(items), s.data);
}

value escape_markup(runtime& r, const value& text) {
    constexpr std::string_view characters = "&<>\"'", entities[] = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
    if (text.as<string_object>().markup) return text;
    const auto&  from = text_of(text);
    text_builder out(r);
    std::size_t  plain = 0;
    r.spend_bytes(from.size());
    for (std::size_t i = 0; i < from.size() && r.ok(); ++i) {
        const auto known = characters.find(from.view()[i]);
        if (known == std::string_view::npos) continue;
        out.add(from, plain, i);
        out.add(entities[known], from.from_template(i));
        plain = i + 1;
    }
    out.add(from, plain, from.size());
    return out.finish(true);
}

}  // namespace plume::jinja
