#include "tests.hpp"

#include "attributes.hpp"
#include "compare.hpp"
#include "filters.hpp"
#include "operators.hpp"
#include "printing.hpp"
#include "program.hpp"

namespace plume::jinja {
namespace {

using call = const parameters&;

template <type Type>
value has_type(runtime&, const value& v, call) {
    return value::of(v.is(Type));
}

template <bool Wanted>
value is_exactly(runtime&, const value& v, call) {
    return value::of(v.is(type::boolean) && (v.integer() != 0) == Wanted);
}

value is_equal(runtime& r, const value& v, call p) { return value::of(equal(r, v, p[0])); }
value is_unequal(runtime& r, const value& v, call p) { return value::of(!equal(r, v, p[0])); }
value is_less(runtime& r, const value& v, call p) { return value::of(order(r, v, p[0]) < 0); }
value is_greater(runtime& r, const value& v, call p) { return value::of(order(r, v, p[0]) > 0); }
value is_less_or_equal(runtime& r, const value& v, call p) { return value::of(order(r, v, p[0]) <= 0); }
value is_greater_or_equal(runtime& r, const value& v, call p) { return value::of(order(r, v, p[0]) >= 0); }

value remainder_is(runtime& r, const value& v, const value& divisor, std::int64_t wanted) {
    return value::of(equal(r, binary_operator(r, op::modulo, v, divisor), value::of(wanted)));
}

value is_iterable(runtime&, const value& v, call) {
    return value::of(v.is_undefined() || v.is_string() || v.is(type::sequence) || v.is(type::mapping) || v.is(type::loop));
}

value is_sequence(runtime&, const value& v, call) {
    return value::of(v.is_undefined() || v.is_string() || v.is(type::mapping) || (v.is(type::sequence) && v.as<sequence_object>().has_index()));
}

value is_same(runtime& r, const value& v, call p) {
    if (v.type() != p[0].type()) return value::of(false);
    return value::of(v.identity() != nullptr ? v.identity() == p[0].identity() : equal(r, v, p[0]));
}

value is_callable(runtime&, const value& v, call) {
    return value::of(v.is_undefined() || v.is(type::macro) || v.is(type::function) || v.is(type::method) || v.is(type::loop));
}

value calls_method(runtime& r, const value& v, std::string_view method) {
    const auto table = string_methods();
    return run_builtin(r, table[find_builtin(table, method)], to_string(r, v), {});
}

/// Whether a table has this name.
value is_known(runtime& r, const value& name, std::uint32_t (*find)(std::string_view) noexcept) {
    if (!is_hashable(r, name)) return r.fail("the name of a filter or test", "a string", kind_of(name));
    return value::of(name.is_string() && find(view_of(name)) != unknown_id);
}

constexpr builtin tests[] = {
    {"!=", "other", 1, is_unequal},
    {"<", "other", 1, is_less},
    {"<=", "other", 1, is_less_or_equal},
    {"==", "other", 1, is_equal},
    {">", "other", 1, is_greater},
    {">=", "other", 1, is_greater_or_equal},
    {"boolean", "", 0, has_type<type::boolean>},
    {"callable", "", 0, is_callable},
    {"defined", "", 0, [](runtime&, const value& v, call) { return value::of(!v.is_undefined()); }},
    {"divisibleby", "num", 1, [](runtime& r, const value& v, call p) { return remainder_is(r, v, p[0], 0); }},
    {"eq", "other", 1, is_equal},
    {"equalto", "other", 1, is_equal},
    {"escaped", "", 0, [](runtime&, const value& v, call) { return value::of(v.is_string() && v.as<string_object>().markup); }},
    {"even", "", 0, [](runtime& r, const value& v, call) { return remainder_is(r, v, value::of(std::int64_t{2}), 0); }},
    {"false", "", 0, is_exactly<false>},
    {"filter", "", 0, [](runtime& r, const value& v, call) { return is_known(r, v, filter_id); }},
    {"float", "", 0, has_type<type::number>},
    {"ge", "other", 1, is_greater_or_equal},
    {"greaterthan", "other", 1, is_greater},
    {"gt", "other", 1, is_greater},
    {"in", "seq", 1, [](runtime& r, const value& v, call p) { return value::of(contains(r, p[0], v)); }},
    {"integer", "", 0, has_type<type::integer>},
    {"iterable", "", 0, is_iterable},
    {"le", "other", 1, is_less_or_equal},
    {"lessthan", "other", 1, is_less},
    {"lower", "", 0, [](runtime& r, const value& v, call) { return calls_method(r, v, "islower"); }},
    {"lt", "other", 1, is_less},
    {"mapping", "", 0, has_type<type::mapping>},
    {"ne", "other", 1, is_unequal},
    {"none", "", 0, has_type<type::none>},
    {"number", "", 0, [](runtime&, const value& v, call) { return value::of(v.is_numeric()); }},
    {"odd", "", 0, [](runtime& r, const value& v, call) { return remainder_is(r, v, value::of(std::int64_t{2}), 1); }},
    {"sameas", "other", 1, is_same},
    {"sequence", "", 0, is_sequence},
    {"string", "", 0, has_type<type::string>},
    {"test", "", 0, [](runtime& r, const value& v, call) { return is_known(r, v, test_id); }},
    {"true", "", 0, is_exactly<true>},
    {"undefined", "", 0, has_type<type::undefined>},
    {"upper", "", 0, [](runtime& r, const value& v, call) { return calls_method(r, v, "isupper"); }},
};

}  // namespace

std::uint32_t test_id(std::string_view name) noexcept { return find_builtin(tests, name); }

bool run_test(runtime& r, std::uint32_t id, const value& subject, const arguments& given) {
    if (id == unknown_id) return r.fail("a test that is not known"), false;
    return is_true(run_builtin(r, tests[id], subject, given));
}

}  // namespace plume::jinja
