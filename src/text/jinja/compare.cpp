#include "compare.hpp"

#include <plume/core/utf8.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace plume::jinja {
namespace {

template <class Number>
int three_ways(Number a, Number b) noexcept {
    return a < b ? -1 : a > b ? 1 : 0;
}

/// An integer and a float, compared without rounding the integer; a NaN has no order.
int compared(std::int64_t i, double d) noexcept {
    if (std::isnan(d)) return 0;
    if (d >= 9223372036854775808.0) return -1;
    if (d < -9223372036854775808.0) return 1;
    const auto whole = static_cast<std::int64_t>(d);
    if (i != whole) return i < whole ? -1 : 1;
    return three_ways(0.0, d - static_cast<double>(whole));
}

bool is_list_like(const value& v) noexcept {
    return v.is(type::sequence) && (v.as<sequence_object>().flavour == flavour::list || v.as<sequence_object>().flavour == flavour::tuple);
}

bool equal_sequences(runtime& r, const sequence_object& a, const sequence_object& b) {
    if (a.flavour != b.flavour || !a.has_index()) return &a == &b;
    if (a.items.size() != b.items.size()) return false;
    for (std::size_t i = 0; i < a.items.size(); ++i)
        if (!equal(r, a.items[i], b.items[i])) return false;
    return true;
}

bool equal_mappings(runtime& r, const mapping_object& a, const mapping_object& b) {
    if (a.entries.size() != b.entries.size()) return false;
    for (const auto& [key, content] : a.entries) {
        const auto* other = find_key(r, b, key);
        if (other == nullptr || !equal(r, content, *other)) return false;
    }
    return true;
}

}  // namespace

bool is_hashable(runtime& r, const value& v) {
    const runtime::level l(r);
    if (!l.entered() || !r.spend() || v.is(type::mapping)) return false;
    if (!v.is(type::sequence)) return true;
    const auto& s = v.as<sequence_object>();
    if (s.flavour != flavour::tuple) return s.flavour != flavour::list;
    return std::all_of(s.items.begin(), s.items.end(), [&](const value& item) { return is_hashable(r, item); });
}

bool is_true(const value& v) noexcept {
    switch (v.type()) {
        case type::missing:
        case type::undefined:
        case type::none:
            return false;
        case type::boolean:
        case type::integer:
            return v.integer() != 0;
        case type::number:
            return v.number() != 0;
        default:
            return length_of(v).value_or(1) != 0;
    }
}

std::optional<std::size_t> length_of(const value& v) noexcept {
    switch (v.type()) {
        case type::undefined:
            return 0;
        case type::string:
            return v.as<string_object>().points();
        case type::sequence:
            if (!v.as<sequence_object>().has_length()) return {};
            return v.as<sequence_object>().items.size();
        case type::mapping:
            return v.as<mapping_object>().entries.size();
        case type::loop:
            return v.as<loop_object>().all().size();
        default:
            return {};
    }
}

bool equal(runtime& r, const value& a, const value& b) {
    if (!r.spend()) return false;
    const runtime::level l(r);
    if (!l.entered()) return false;
    if (a.is_whole() && b.is_whole()) return a.integer() == b.integer();
    if (a.is(type::number) && b.is(type::number)) return a.number() == b.number();
    if (a.is_numeric() && b.is_numeric()) {
        const auto &whole = a.is_whole() ? a : b, &other = a.is_whole() ? b : a;
        return !std::isnan(other.number()) && compared(whole.integer(), other.number()) == 0;
    }
    if (a.type() != b.type()) return false;
    switch (a.type()) {
        case type::undefined:
        case type::none:
            return true;
        case type::string:
            return r.spend_bytes(view_of(a).size()) && view_of(a) == view_of(b);
        case type::sequence:
            return equal_sequences(r, a.as<sequence_object>(), b.as<sequence_object>());
        case type::mapping:
            return equal_mappings(r, a.as<mapping_object>(), b.as<mapping_object>());
        case type::function:
            return a.integer() == b.integer();
        default:
            return a.identity() == b.identity();
    }
}

int order(runtime& r, const value& a, const value& b) {
    if (!r.spend()) return 0;
    const runtime::level l(r);
    if (!l.entered()) return 0;
    if (a.is_whole() && b.is_whole()) return three_ways(a.integer(), b.integer());
    if (a.is(type::number) && b.is(type::number)) return three_ways(a.number(), b.number());
    if (a.is_whole() && b.is(type::number)) return compared(a.integer(), b.number());
    if (a.is(type::number) && b.is_whole()) return -compared(b.integer(), a.number());
    if (a.is_string() && b.is_string()) {
        r.spend_bytes(std::min(view_of(a).size(), view_of(b).size()));
        return three_ways(view_of(a).compare(view_of(b)), 0);  // the order of UTF-8 bytes is that of code points
    }
    if (is_list_like(a) && is_list_like(b) && a.as<sequence_object>().flavour == b.as<sequence_object>().flavour) {
        const auto &x = a.as<sequence_object>().items, &y = b.as<sequence_object>().items;
        for (std::size_t i = 0; i < std::min(x.size(), y.size()) && r.ok(); ++i)
            if (!equal(r, x[i], y[i])) return order(r, x[i], y[i]);
        return three_ways(x.size(), y.size());
    }
    r.fail(std::string(kind_of(a)) + " and " + std::string(kind_of(b)) + " have no order");
    return 0;
}

const value* find_key(runtime& r, const mapping_object& m, const value& key) {
    if (key.is_string()) {
        r.spend_bytes(view_of(key).size());
        return m.find(view_of(key));
    }
    if (!is_hashable(r, key)) {
        r.fail("a key of a mapping cannot be " + std::string(kind_of(key)));
        return nullptr;
    }
    for (const auto& [k, v] : m.entries)
        if (!k.is_string() && equal(r, k, key)) return &v;
    return nullptr;
}

void put(runtime& r, std::vector<mapping_object::entry>& entries, value key, value content) {
    if (!is_hashable(r, key)) {
        r.fail("a key of a mapping cannot be " + std::string(kind_of(key)));
        return;
    }
    for (auto& [k, v] : entries)
        if (equal(r, k, key)) {
            v = std::move(content);
            return;
        }
    entries.emplace_back(std::move(key), std::move(content));
}

bool contains(runtime& r, const value& container, const value& item) {
    switch (container.type()) {
        case type::undefined:
            return false;
        case type::string:
            if (!item.is_string()) return r.fail("'in' a string", "a string on the left", kind_of(item)), false;
            r.spend_bytes(view_of(container).size());
            return find_text(view_of(container), view_of(item)) != std::string_view::npos;
        case type::mapping:
            return find_key(r, container.as<mapping_object>(), item) != nullptr;
        case type::sequence: {
            const auto items = items_of(r, container);
            return std::any_of(items.begin(), items.end(), [&](const value& v) { return equal(r, v, item); });
        }
        default:
            return r.fail("'in' needs something that holds values", "a string, list or mapping on the right", kind_of(container)), false;
    }
}

std::vector<value> items_of(runtime& r, const value& v) {
    switch (v.type()) {
        case type::undefined:
            return {};
        case type::sequence: {
            auto& s = v.as<sequence_object>();
            r.spend(s.items.size());
            return s.flavour == flavour::generator ? std::exchange(s.items, {}) : s.items;
        }
        case type::mapping: {
            std::vector<value> keys;
            r.spend(v.as<mapping_object>().entries.size());
            for (const auto& e : v.as<mapping_object>().entries) keys.push_back(e.first);
            return keys;
        }
        case type::string: {
            std::vector<value> characters;
            const auto&        text = text_of(v);
            for (std::size_t i = 0; i < text.size() && r.spend();) {
                const auto size = utf8::decode_one(text.view().substr(i)).size;
                characters.push_back(r.string(text.slice(i, i + size)));
                i += size;
            }
            return characters;
        }
        default:
            r.fail("this cannot be iterated", "a list, mapping or string", kind_of(v));
            return {};
    }
}

std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) noexcept {
    if (from > text.size()) return std::string_view::npos;
    if (needle.empty()) return from;
    const void* found = memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
    return found == nullptr ? std::string_view::npos : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

}  // namespace plume::jinja
