#include "functions.hpp"

#include <plume/core/printable.hpp>

#include "compare.hpp"
#include "printing.hpp"

namespace plume::jinja {
namespace {

constexpr std::uint64_t longest_range = 100'000;  // as in jinja2's sandbox
constexpr std::size_t   longest_words = 400;      // bytes of a template's own error message that are shown

using call = const parameters&;

/// What dict(...) and namespace(...) take: a mapping or pairs, and names.
std::vector<mapping_object::entry> entries_given(runtime& r, call p) {
    std::vector<mapping_object::entry> entries;
    if (p.all.positional.size() > 1) r.fail("'dict' takes one mapping at most");
    if (p.all.positional.size() == 1) {
        const auto& from = p.all.positional[0];
        if (from.is(type::mapping)) {
            entries = from.as<mapping_object>().entries;
        } else if (from.is_undefined()) {
            r.fail("'dict' of an undefined value");
        } else {
            for (const auto& pair : items_of(r, from)) {
                const auto both = items_of(r, pair);
                if (!r.ok()) break;
                if (both.size() != 2)
                    r.fail("'dict' needs pairs");
                else
                    put(r, entries, both[0], both[1]);
            }
        }
    }
    for (const auto& n : p.all.named) put(r, entries, n.name_as_string(r), n.content);
    return entries;
}

value make_namespace(runtime& r, const value&, call p) {
    auto  space      = r.make<space_object>(type::space);
    auto& attributes = space.as<space_object>().attributes;
    for (auto& [key, v] : entries_given(r, p)) {
        if (!key.is_string() || view_of(key).starts_with('_'))
            return r.fail("an attribute of a namespace cannot have a name that begins with '_', or that is no string");
        r.memory().charge(space.as<space_object>(), 96 + view_of(key).size());
        attributes.insert_or_assign(std::string(view_of(key)), v);
    }
    return space;
}

value range(runtime& r, const value&, call p) {
    const bool one   = !p.has(1);
    const auto start = one ? 0 : p.integer(0, 0), stop = p.integer(one ? 0 : 1, 0), step = p.integer(2, 1);
    if (step == 0) return r.fail("a range whose step is zero");
    const bool empty = step > 0 ? start >= stop : start <= stop;
    const auto span =
        step > 0 ? static_cast<std::uint64_t>(stop) - static_cast<std::uint64_t>(start) : static_cast<std::uint64_t>(start) - static_cast<std::uint64_t>(stop);
    const auto pace = step > 0 ? static_cast<std::uint64_t>(step) : std::uint64_t{0} - static_cast<std::uint64_t>(step);
    const auto n    = empty ? 0 : (span - 1) / pace + 1;
    if (n > longest_range) return r.fail("a range of more than " + std::to_string(longest_range) + " numbers", code::format_limit);
    std::vector<value> items;
    r.spend(1 + n);
    for (std::uint64_t i = 0; i < n; ++i)
        items.push_back(value::of(static_cast<std::int64_t>(static_cast<std::uint64_t>(start) + i * static_cast<std::uint64_t>(step))));
    return r.sequence(flavour::range, std::move(items));
}

value raise_exception(runtime& r, const value&, call p) {
    const auto words = to_string(r, p[0]);
    return r.fail(printable(view_of(words), longest_words), code::invalid_argument);
}

constexpr builtin global_functions[] = {
    {"dict", "*", 0, [](runtime& r, const value&, call p) { return r.mapping(entries_given(r, p)); }},
    {"namespace", "*", 0, make_namespace},
    {"raise_exception", "message", 1, raise_exception},
    {"range", "start,stop,step", 1, range},
    {"strftime_now", "format", 1, [](runtime& r, const value&, call p) { return strftime(r, p.string(0)); }},
};

}  // namespace

std::span<const builtin> functions() noexcept { return global_functions; }

}  // namespace plume::jinja
