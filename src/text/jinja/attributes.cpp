#include "attributes.hpp"

#include <algorithm>
#include <charconv>

#include "characters.hpp"
#include "compare.hpp"
#include "program.hpp"

namespace plume::jinja {
namespace {

value method(runtime& r, const value& v, std::span<const builtin> table, std::string_view name) {
    const auto at = find_builtin(table, name);
    return at == unknown_id ? value::missing() : r.make<method_object>(type::method, v, table[at]);
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) noexcept {
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Python has them, and calling them is forbidden: they are undefined, and hide items of the same name.
constexpr std::string_view mapping_changers[]  = {"clear", "pop", "popitem", "setdefault", "update"};
constexpr std::string_view sequence_changers[] = {"append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"};

value loop_attribute(runtime& r, const value& v, std::string_view name) {
    const auto& l = v.as<loop_object>();
    const auto  n = l.all().size();
    if (name == "index") return value::count(l.index + 1);
    if (name == "index0") return value::count(l.index);
    if (name == "revindex") return value::count(n - l.index);
    if (name == "revindex0") return value::count(n - l.index - 1);
    if (name == "first") return value::of(l.index == 0);
    if (name == "last") return value::of(l.index + 1 == n);
    if (name == "length") return value::count(n);
    if (name == "depth") return value::count(1);
    if (name == "depth0") return value::count(0);
    if (name == "previtem") return l.index == 0 ? value() : l.all()[l.index - 1];
    if (name == "nextitem") return l.index + 1 == n ? value() : l.all()[l.index + 1];
    return method(r, v, loop_methods(), name);
}

value undefined_has_none(runtime& r, const value& v, std::string_view name) {
    const auto* own = v.undefined_name();
    return r.fail((own != nullptr ? "'" + *own + "' is undefined" : std::string("an undefined value")) + ", and so has no '" + std::string(name) + "'");
}

}  // namespace

value own_attribute(runtime& r, const value& v, std::string_view name) {
    switch (v.type()) {
        case type::string:
            return method(r, v, string_methods(), name);
        case type::mapping:
            return is_one_of(name, mapping_changers) ? value() : method(r, v, mapping_methods(), name);
        case type::sequence: {
            if (!v.as<sequence_object>().has_index()) return value::missing();
            if (name == "copy" && v.as<sequence_object>().flavour != flavour::list) return value::missing();
            const bool changes = v.as<sequence_object>().flavour == flavour::list && is_one_of(name, sequence_changers);
            return changes ? value() : method(r, v, sequence_methods(), name);
        }
        case type::space: {
            const auto& attributes = v.as<space_object>().attributes;
            const auto  at         = attributes.find(name);
            return at == attributes.end() ? value::missing() : at->second;
        }
        case type::loop:
            return loop_attribute(r, v, name);
        default:
            return value::missing();
    }
}

value get_attribute(runtime& r, const value& v, std::string_view name, const std::string* kept) {
    if (!r.ok()) return {};
    if (v.is_undefined()) return undefined_has_none(r, v, name);
    auto own = own_attribute(r, v, name);
    if (own.is_undefined()) return value::undefined(kept);
    if (!own.is_missing()) return own;
    if (v.is(type::mapping))
        if (const auto* found = v.as<mapping_object>().find(name)) return *found;
    return value::undefined(kept);
}

value get_item(runtime& r, const value& v, const value& key) {
    if (!r.ok()) return {};
    if (v.is_undefined()) return undefined_has_none(r, v, key.is_string() ? view_of(key) : "[]");
    if (v.is(type::mapping)) {
        const bool list_like = key.is(type::mapping) || (key.is(type::sequence) && key.as<sequence_object>().flavour == flavour::list);
        if (list_like) return {};
        if (const auto* found = find_key(r, v.as<mapping_object>(), key)) return *found;
    }
    if (key.is_string()) {
        auto own = own_attribute(r, v, view_of(key));
        return own.is_missing() ? value() : own;
    }
    const bool indexed = v.is_string() || (v.is(type::sequence) && v.as<sequence_object>().has_index());
    if (!indexed || !key.is_whole()) return {};
    const auto n = static_cast<std::int64_t>(*length_of(v));
    const auto i = key.integer() < 0 ? key.integer() + n : key.integer();
    if (i < 0 || i >= n) return {};
    if (v.is(type::sequence)) return v.as<sequence_object>().items[static_cast<std::size_t>(i)];
    const auto& text  = text_of(v);
    const bool  ascii = v.as<string_object>().is_ascii();
    r.spend_bytes(ascii ? 0 : text.size());
    const auto begin = ascii ? static_cast<std::size_t>(i) : byte_of_point(text.view(), static_cast<std::size_t>(i));
    return r.string(text.slice(begin, begin + byte_of_point(text.view().substr(begin), 1)));
}

value get_path(runtime& r, const value& v, const value& path, const value& otherwise) {
    const auto item = [&](const value& from, const value& key) {
        auto found = get_item(r, from, key);
        return found.is_undefined() && !otherwise.is_missing() && !otherwise.is_none() ? otherwise : found;
    };
    if (!path.is_string()) return item(v, path);
    value found = v;
    for (auto rest = view_of(path);;) {
        const auto   dot    = std::min(rest.find('.'), rest.size());
        const auto   part   = rest.substr(0, dot);
        std::int64_t number = 0;
        const auto   read   = std::from_chars(part.data(), part.data() + part.size(), number);
        const bool   whole  = !part.empty() && part[0] != '-' && read.ec == std::errc{} && read.ptr == part.data() + part.size();
        found               = item(found, whole ? value::of(number) : r.string(part));
        if (dot == rest.size() || !r.ok()) return found;
        rest.remove_prefix(dot + 1);
    }
}

}  // namespace plume::jinja
