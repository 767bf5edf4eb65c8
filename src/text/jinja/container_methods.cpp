#include <algorithm>

#include "attributes.hpp"
#include "compare.hpp"

// Methods of mappings, lists and loops: those that change nothing.

namespace plume::jinja {
namespace {

using call = const parameters&;

value keys_of(runtime& r, const value& self) {
    const auto&        m = self.as<mapping_object>();
    std::vector<value> items;
    r.spend(1 + m.entries.size());
    for (const auto& e : m.entries) items.push_back(e.first);
    return r.sequence(flavour::keys, std::move(items), m.data);
}

value values_of(runtime& r, const value& self) {
    const auto&        m = self.as<mapping_object>();
    std::vector<value> items;
    r.spend(1 + m.entries.size());
    for (const auto& e : m.entries) items.push_back(e.second);
    return r.sequence(flavour::values, std::move(items), m.data);
}

value get(runtime& r, const value& self, call p) {
    const auto* found = find_key(r, self.as<mapping_object>(), p[0]);
    return found != nullptr ? *found : p.has(1) ? p[1] : value::none();
}

value count_in(runtime& r, const value& self, call p) {
    const auto& items = self.as<sequence_object>().items;
    return value::count(static_cast<std::size_t>(std::count_if(items.begin(), items.end(), [&](const value& v) { return equal(r, v, p[0]); })));
}

value index_in(runtime& r, const value& self, call p) {
    const auto& items = self.as<sequence_object>().items;
    const auto  at    = std::find_if(items.begin(), items.end(), [&](const value& v) { return equal(r, v, p[0]); });
    return at == items.end() ? r.fail("'index' finds nothing") : value::count(static_cast<std::size_t>(at - items.begin()));
}

value cycle(runtime& r, const value& self, call p) {
    const auto& from = p.all.positional;
    return from.empty() || !p.all.named.empty() ? r.fail("'cycle' needs values") : from[self.as<loop_object>().index % from.size()];
}

value changed(runtime& r, const value& self, call p) {
    auto&      loop = self.as<loop_object>();
    const auto now  = r.sequence(flavour::tuple, p.all.positional);
    if (!loop.last_changed.is_missing() && equal(r, loop.last_changed, now)) return value::of(false);
    loop.last_changed = now;
    return value::of(true);
}

constexpr builtin of_mappings[] = {
    {"copy", "", 0, [](runtime&, const value& s, call) { return s; }},  // nothing can change either of them
    {"get", "key,default", 1, get},
    {"items", "", 0, [](runtime& r, const value& s, call) { return entries_of(r, s, flavour::items); }},
    {"keys", "", 0, [](runtime& r, const value& s, call) { return keys_of(r, s); }},
    {"values", "", 0, [](runtime& r, const value& s, call) { return values_of(r, s); }},
};

constexpr builtin of_sequences[] = {
    {"copy", "", 0, [](runtime&, const value& s, call) { return s; }},
    {"count", "value", 1, count_in},
    {"index", "value", 1, index_in},
};

constexpr builtin of_loops[] = {
    {"changed", "*", 0, changed},
    {"cycle", "*", 0, cycle},
};

}  // namespace

value entries_of(runtime& r, const value& mapping, flavour f) {
    const auto&        m = mapping.as<mapping_object>();
    std::vector<value> items;
    for (const auto& [key, content] : m.entries) {
        if (!r.spend()) break;
        items.push_back(r.sequence(flavour::tuple, {key, content}, m.data));
    }
    return r.sequence(f, std::move(items), m.data);
}

std::span<const builtin> mapping_methods() noexcept { return of_mappings; }
std::span<const builtin> sequence_methods() noexcept { return of_sequences; }
std::span<const builtin> loop_methods() noexcept { return of_loops; }

}  // namespace plume::jinja
