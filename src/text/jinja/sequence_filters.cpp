#include <algorithm>

#include <plume/core/printable.hpp>

#include "attributes.hpp"
#include "compare.hpp"
#include "filters.hpp"
#include "operators.hpp"
#include "printing.hpp"
#include "program.hpp"
#include "string_methods.hpp"
#include "tests.hpp"

// Filters of lists and mappings. What is a generator in Python is made at once here, and like a generator it gives its items once and has no length.

namespace plume::jinja {
namespace {

using call = const parameters&;

value generator(runtime& r, std::vector<value> items) { return r.sequence(flavour::generator, std::move(items)); }

/// Python looks first whether two keys are equal, and so also sorts those that have no order.
int order_of_keys(runtime& r, const value& a, const value& b) {
    const bool ordered = (a.is_numeric() && b.is_numeric()) || (a.is_string() && b.is_string());
    return !ordered && equal(r, a, b) ? 0 : order(r, a, b);
}

/// What to compare an item by: the attribute, and strings in lower case unless case matters.
value key_of(runtime& r, const value& item, const value& attribute, bool case_sensitive) {
    auto key = attribute.is_missing() || attribute.is_none() ? item : get_path(r, item, attribute);
    return case_sensitive || !key.is_string() ? key : change_case(r, key, letter_case::lower);
}

struct keyed {
    value key, item;
};

template <class Order>
std::vector<value> sorted(runtime& r, std::vector<keyed> all, bool reverse, const Order& in_order) {
    // Python keeps the order of equals, also when it sorts downwards.
    std::stable_sort(all.begin(), all.end(),
                     [&](const keyed& a, const keyed& b) { return r.ok() && (reverse ? in_order(r, b.key, a.key) : in_order(r, a.key, b.key)) < 0; });
    std::vector<value> items;
    for (auto& k : all) items.push_back(std::move(k.item));
    return items;
}

value sort(runtime& r, const value& v, call p) {
    const bool         reverse = p.truth(0, false), sensitive = p.truth(1, false);
    std::vector<keyed> all;
    for (auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        if (!p.has_value(2) || !p[2].is_string()) {
            all.push_back({key_of(r, item, p[2], sensitive), item});
            continue;
        }
        std::vector<value> keys;  // one for each name between commas
        for (auto rest = view_of(p[2]);;) {
            const auto comma = std::min(rest.find(','), rest.size());
            keys.push_back(key_of(r, item, r.string(rest.substr(0, comma)), sensitive));
            if (comma == rest.size()) break;
            rest.remove_prefix(comma + 1);
        }
        all.push_back({r.sequence(flavour::list, std::move(keys)), item});
    }
    return r.sequence(flavour::list, sorted(r, std::move(all), reverse, order_of_keys));
}

value dictsort(runtime& r, const value& v, call p) {
    const bool sensitive = p.truth(0, false), reverse = p.truth(2, false);
    const auto by = p.has(1) ? p[1] : r.string("key");
    if (!v.is(type::mapping)) return r.fail("'dictsort' needs a mapping", "a mapping", kind_of(v));
    if (!is_string(by, "key") && !is_string(by, "value")) return r.fail("'dictsort' sorts by key or by value");
    std::vector<keyed> all;
    const auto         pairs = entries_of(r, v, flavour::list);
    for (const auto& pair : pairs.as<sequence_object>().items)
        all.push_back({key_of(r, pair.as<sequence_object>().items[is_string(by, "key") ? 0 : 1], value::missing(), sensitive), pair});
    return r.sequence(flavour::list, sorted(r, std::move(all), reverse, order), v.as<mapping_object>().data);
}

value unique(runtime& r, const value& v, call p) {
    std::vector<value> keys, items;
    for (auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        auto key = key_of(r, item, p[1], p.truth(0, false));
        if (!is_hashable(r, key)) return r.fail("'unique' of values that cannot be keys", "strings or numbers", kind_of(key));
        if (std::any_of(keys.begin(), keys.end(), [&](const value& k) { return equal(r, k, key); })) continue;
        keys.push_back(std::move(key));
        items.push_back(std::move(item));
    }
    return generator(r, std::move(items));
}

value extreme(runtime& r, const value& v, call p, int sign) {
    value best, best_key;
    bool  any = false;
    for (auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        auto key = key_of(r, item, p[1], p.truth(0, false));
        if (any && order(r, key, best_key) * sign >= 0) continue;
        any      = true;
        best     = std::move(item);
        best_key = std::move(key);
    }
    return best;
}

value sum(runtime& r, const value& v, call p) {
    auto total = p.has(1) ? p[1] : value::of(std::int64_t{0});
    if (total.is_string()) return r.fail("'sum' of strings; use |join");
    for (const auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        total = binary_operator(r, op::add, total, p.has_value(0) ? get_path(r, item, p[0]) : item);
    }
    return total;
}

value first(runtime& r, const value& v, call) {
    if (v.is(type::sequence)) {
        auto& s = v.as<sequence_object>();
        if (s.items.empty()) return {};
        auto item = s.items.front();
        if (s.flavour == flavour::generator && r.spend(1 + s.items.size() / 4)) s.items.erase(s.items.begin());
        return item;
    }
    if (v.is_string()) return get_item(r, v, value::count(0));
    auto items = items_of(r, v);
    return items.empty() ? value() : std::move(items.front());
}

value last(runtime& r, const value& v, call) {
    if (v.is(type::sequence)) {
        const auto& s = v.as<sequence_object>();
        if (s.flavour == flavour::generator) return r.fail("'last' of a generator; use |list first");
        return s.items.empty() ? value() : s.items.back();
    }
    if (v.is_string()) return get_item(r, v, value::of(std::int64_t{-1}));
    auto items = items_of(r, v);
    return items.empty() ? value() : std::move(items.back());
}

value reversed(runtime& r, const value& v, call) {
    if (v.is_string()) return slice(r, v, value::missing(), value::missing(), value::of(std::int64_t{-1}));
    auto items = items_of(r, v);
    std::reverse(items.begin(), items.end());
    // Without a length it is a list in jinja2 too.
    const bool list = v.is(type::sequence) && v.as<sequence_object>().flavour == flavour::generator;
    return r.sequence(list ? flavour::list : flavour::generator, std::move(items));
}

value length(runtime& r, const value& v, call) {
    const auto n = length_of(v);
    if (v.is_string()) r.spend_bytes(view_of(v).size());
    return n ? value::count(*n) : r.fail("'length' of " + std::string(kind_of(v)));
}

value list(runtime& r, const value& v, call) {
    const bool data = (v.is(type::sequence) && v.as<sequence_object>().data) || (v.is(type::mapping) && v.as<mapping_object>().data);
    return r.sequence(flavour::list, items_of(r, v), data);
}

value join(runtime& r, const value& v, call p) {
    std::vector<value> strings;
    for (const auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        strings.push_back(to_string(r, p.has_value(1) ? get_path(r, item, p[1]) : item));
    }
    const auto separator = p.has(0) ? to_string(r, p[0]) : r.string(std::string_view{});
    return r.string(text_of(joined(r, separator, strings)));
}

value items(runtime& r, const value& v, call) {
    if (v.is_undefined()) return generator(r, {});
    return v.is(type::mapping) ? entries_of(r, v, flavour::generator) : r.fail("'items' needs a mapping", "a mapping", kind_of(v));
}

value batch(runtime& r, const value& v, call p) {
    const auto         size = p.integer(0, 1);
    std::vector<value> batches, now;
    if (size < 1) return r.fail("'batch' of less than one");
    const auto close = [&] { batches.push_back(r.sequence(flavour::list, std::exchange(now, {}))); };
    for (auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        if (now.size() == static_cast<std::size_t>(size)) close();
        now.push_back(std::move(item));
    }
    if (!now.empty()) {
        while (p.has_value(1) && now.size() < static_cast<std::size_t>(size) && r.spend()) now.push_back(p[1]);
        close();
    }
    return generator(r, std::move(batches));
}

value slices(runtime& r, const value& v, call p) {
    const auto all = items_of(r, v);
    const auto n   = p.integer(0, 1);
    if (n < 1) return r.fail("'slice' into less than one part");
    const auto         parts = static_cast<std::size_t>(n), each = all.size() / parts, longer = all.size() % parts;
    std::vector<value> out;
    std::size_t        at = 0;
    for (std::size_t i = 0; i < parts && r.spend(); ++i) {
        const auto         end = at + each + (i < longer ? 1 : 0);
        std::vector<value> part(all.begin() + static_cast<std::ptrdiff_t>(at), all.begin() + static_cast<std::ptrdiff_t>(end));
        if (p.has_value(1) && i >= longer) part.push_back(p[1]);
        out.push_back(r.sequence(flavour::list, std::move(part)));
        at = end;
    }
    return generator(r, std::move(out));
}

/// The arguments behind the first `n`.
arguments rest_of(const arguments& all, std::size_t n) { return {{all.positional.begin() + static_cast<std::ptrdiff_t>(n), all.positional.end()}, all.named}; }

value map(runtime& r, const value& v, call p) {
    std::vector<value> out;
    if (!is_true(v)) return generator(r, {});
    value attribute = value::missing(), otherwise = value::missing();
    if (p.all.positional.empty()) {
        for (const auto& [name, given, key] : p.all.named) {
            if (name == "attribute")
                attribute = given;
            else if (name == "default")
                otherwise = given;
            else
                return r.fail("'map' has no parameter '" + printable(name) + "'");
        }
        if (attribute.is_missing()) return r.fail("'map' needs the name of a filter, or attribute=...");
    } else if (!p.all.positional[0].is_string()) {
        return r.fail("'map' needs the name of a filter", "a string", kind_of(p.all.positional[0]));
    }
    const auto id    = attribute.is_missing() ? filter_id(view_of(p.all.positional[0])) : unknown_id;
    const auto given = attribute.is_missing() ? rest_of(p.all, 1) : arguments{};
    for (const auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        if (attribute.is_missing()) {
            out.push_back(run_filter(r, id, item, given));
            continue;
        }
        out.push_back(get_path(r, item, attribute, otherwise));
    }
    return generator(r, std::move(out));
}

/// select, reject, selectattr, rejectattr: those items of which a test is `wanted`.
value chosen(runtime& r, const value& v, call p, bool by_attribute, bool wanted) {
    std::vector<value> out;
    if (!is_true(v)) return generator(r, {});
    const auto&       all = p.all.positional;
    const std::size_t at  = by_attribute ? 1 : 0;
    if (all.size() < at) return r.fail("'selectattr' and 'rejectattr' need the name of an attribute");
    const bool tested = all.size() > at;
    if (tested && !all[at].is_string()) return r.fail("the name of a test", "a string", kind_of(all[at]));
    const auto id    = tested ? test_id(view_of(all[at])) : unknown_id;
    const auto given = tested ? rest_of(p.all, at + 1) : arguments{};
    for (auto& item : items_of(r, v)) {
        if (!r.spend()) break;
        const auto subject = by_attribute ? get_path(r, item, all[0]) : item;
        if ((tested ? run_test(r, id, subject, given) : is_true(subject)) == wanted) out.push_back(std::move(item));
    }
    return generator(r, std::move(out));
}

constexpr builtin of_iterables[] = {
    {"batch", "linecount,fill_with", 1, batch},
    {"count", "", 0, length},
    {"dictsort", "case_sensitive,by,reverse", 0, dictsort},
    {"first", "", 0, first},
    {"items", "", 0, items},
    {"join", "d,attribute", 0, join},
    {"last", "", 0, last},
    {"length", "", 0, length},
    {"list", "", 0, list},
    {"map", "*", 0, map},
    {"max", "case_sensitive,attribute", 0, [](runtime& r, const value& v, call p) { return extreme(r, v, p, -1); }},
    {"min", "case_sensitive,attribute", 0, [](runtime& r, const value& v, call p) { return extreme(r, v, p, 1); }},
    {"reject", "*", 0, [](runtime& r, const value& v, call p) { return chosen(r, v, p, false, false); }},
    {"rejectattr", "*", 0, [](runtime& r, const value& v, call p) { return chosen(r, v, p, true, false); }},
    {"reverse", "", 0, reversed},
    {"select", "*", 0, [](runtime& r, const value& v, call p) { return chosen(r, v, p, false, true); }},
    {"selectattr", "*", 0, [](runtime& r, const value& v, call p) { return chosen(r, v, p, true, true); }},
    {"slice", "slices,fill_with", 1, slices},
    {"sort", "reverse,case_sensitive,attribute", 0, sort},
    {"sum", "attribute,start", 0, sum},
    {"unique", "case_sensitive,attribute", 0, unique},
};

}  // namespace

std::span<const builtin> sequence_filters() noexcept { return of_iterables; }

}  // namespace plume::jinja
