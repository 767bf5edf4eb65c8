#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime.hpp"

namespace plume::jinja {

/// An argument with a name.
struct named_argument {
    std::string_view name;
    value            content;
    value            key = value::missing();  // the name as a string, where a mapping was given with **: its marks are kept, and it lives as long as this

    [[nodiscard]] value name_as_string(runtime& r) const { return key.is_missing() ? r.string(name) : key; }
};

/// What a call gives.
struct arguments {
    std::vector<value>          positional;
    std::vector<named_argument> named;
};

/// What a filter, test, method or function gets: its parameters in their order, missing where none was given.
class parameters {
public:
    static constexpr std::size_t most = 6;

    parameters(runtime& r, std::string_view who, const arguments& given) noexcept : all(given), runtime_(r), who_(who) {}

    [[nodiscard]] const value& operator[](std::size_t i) const noexcept { return values_[i]; }
    [[nodiscard]] bool         has(std::size_t i) const noexcept { return !values_[i].is_missing(); }
    [[nodiscard]] bool         has_value(std::size_t i) const noexcept { return has(i) && !values_[i].is_none(); }  // given, and not none

    // With a default where none was given, and an error where it has a wrong kind.
    [[nodiscard]] std::int64_t integer(std::size_t i, std::int64_t otherwise) const;
    [[nodiscard]] bool         truth(std::size_t i, bool otherwise) const;
    [[nodiscard]] value        string(std::size_t i) const;  // an empty string after an error, or where none was given

    const arguments& all;  // as given, for those that pass them on

private:
    friend bool bind(runtime&, std::string_view, std::string_view, std::size_t, const arguments&, parameters&);

    runtime&                runtime_;
    std::string_view        who_;
    std::array<value, most> values_ = {value::missing(), value::missing(), value::missing(), value::missing(), value::missing(), value::missing()};
};

/// Gives each parameter of `names` ("width,first,blank") its argument. False, with an error, for too many or unknown ones, or fewer than `n_required`.
/// "*" takes any: they are in `all` alone.
bool bind(runtime& r, std::string_view who, std::string_view names, std::size_t n_required, const arguments& given, parameters& out);

/// An entry of the tables of filters, tests, methods and functions.
struct builtin {
    std::string_view name;
    std::string_view parameter_names;
    std::size_t      n_required;
    value (*run)(runtime&, const value& self, const parameters&);
};

/// The place of a name in a table, or unknown_id.
[[nodiscard]] std::uint32_t find_builtin(std::span<const builtin> table, std::string_view name) noexcept;
[[nodiscard]] value         run_builtin(runtime& r, const builtin& b, const value& self, const arguments& given);

}  // namespace plume::jinja
