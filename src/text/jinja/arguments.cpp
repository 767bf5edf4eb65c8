#include "arguments.hpp"

#include <algorithm>

#include <plume/core/printable.hpp>

#include "compare.hpp"
#include "program.hpp"

namespace plume::jinja {

std::int64_t parameters::integer(std::size_t i, std::int64_t otherwise) const {
    if (!has(i)) return otherwise;
    if (values_[i].is_whole()) return values_[i].integer();
    runtime_.fail("'" + std::string(who_) + "' has an argument of a wrong kind", "an integer", kind_of(values_[i]));
    return otherwise;
}

bool parameters::truth(std::size_t i, bool otherwise) const { return has(i) ? is_true(values_[i]) : otherwise; }

value parameters::string(std::size_t i) const {
    if (has(i) && values_[i].is_string()) return values_[i];
    if (has(i)) runtime_.fail("'" + std::string(who_) + "' has an argument of a wrong kind", "a string", kind_of(values_[i]));
    return runtime_.string(std::string_view{});
}

bool bind(runtime& r, std::string_view who, std::string_view names, std::size_t n_required, const arguments& given, parameters& out) {
    if (names == "*") return true;
    std::array<std::string_view, parameters::most> split;
    std::size_t                                    n = 0;
    while (!names.empty()) {
        const auto comma = std::min(names.find(','), names.size());
        split[n++]       = names.substr(0, comma);
        names.remove_prefix(std::min(comma + 1, names.size()));
    }
    if (given.positional.size() > n) {
        r.fail("'" + std::string(who) + "' has too many arguments", "at most " + std::to_string(n), std::to_string(given.positional.size()));
        return false;
    }
    std::copy(given.positional.begin(), given.positional.end(), out.values_.begin());
    for (const auto& [name, v, key] : given.named) {
        const auto at = static_cast<std::size_t>(std::find(split.begin(), split.begin() + n, name) - split.begin());
        if (at == n || out.has(at)) {
            r.fail("'" + std::string(who) + "' " + (at == n ? "has no parameter '" : "has two values for '") + printable(name) + "'");
            return false;
        }
        out.values_[at] = v;
    }
    for (std::size_t i = 0; i < n_required; ++i)
        if (!out.has(i)) {
            r.fail("'" + std::string(who) + "' lacks the argument '" + std::string(split[i]) + "'");
            return false;
        }
    return true;
}

std::uint32_t find_builtin(std::span<const builtin> table, std::string_view name) noexcept {
    const auto at = std::find_if(table.begin(), table.end(), [&](const builtin& b) { return b.name == name; });
    return at == table.end() ? unknown_id : static_cast<std::uint32_t>(at - table.begin());
}

value run_builtin(runtime& r, const builtin& b, const value& self, const arguments& given) {
    parameters p(r, b.name, given);
    return bind(r, b.name, b.parameter_names, b.n_required, given, p) ? b.run(r, self, p) : value();
}

}  // namespace plume::jinja
