#include <algorithm>

#include <plume/core/printable.hpp>

#include "attributes.hpp"
#include "compare.hpp"
#include "evaluator.hpp"
#include "filters.hpp"
#include "functions.hpp"
#include "operators.hpp"
#include "printing.hpp"
#include "tests.hpp"

namespace plume::jinja {
namespace {

constexpr std::size_t most_arguments = 10'000;  // of one call, those of a list or mapping included

}  // namespace

value evaluator::eval(const node& n) {
    const runtime::level l(runtime_);
    runtime_.at = n.at;
    return l.entered() && runtime_.spend() ? eval_kind(n) : value();
}

value evaluator::eval_kind(const node& n) {
    switch (n.kind) {
        case op::captured:
            return captured_;
        case op::none:
            return value::none();
        case op::boolean:
            return value::of(n.flag);
        case op::integer:
            return value::of(n.integer);
        case op::number:
            return value::of(n.number);
        case op::string:
            return eval_string(n);
        case op::name:
            return eval_name(n);
        case op::list:
            return eval_list(n, flavour::list);
        case op::tuple:
            return eval_list(n, flavour::tuple);
        case op::mapping:
            return eval_mapping(n);
        case op::item:
            return eval_item(n);
        case op::call:
            return eval_call(n, value());
        case op::filter:
        case op::test:
            return eval_filter(n);
        case op::compare:
            return eval_compare(n);
        case op::all_of:
        case op::any_of:
        case op::conditional:
            return eval_logic(n);
        case op::concatenate:
            return eval_concatenation(n);
        case op::negation:
            return value::of(!is_true(eval(*n.parts[0])));
        case op::attribute: {
            const auto from = eval(*n.parts[0]);
            runtime_.at     = n.at;
            return get_attribute(runtime_, from, n.text, &n.text);
        }
        case op::negate:
        case op::plus:
        case op::add:
        case op::subtract:
        case op::multiply:
        case op::divide:
        case op::floor_divide:
        case op::modulo:
        case op::power:
            return eval_arithmetic(n);
        default:
            return runtime_.fail("a part of the template that has no value", code::internal);  // no parser makes one where a value is needed
    }
}

value evaluator::eval_string(const node& n) {
    auto& constant = constants_[n.id];
    if (constant.is_missing()) constant = runtime_.string(n.text);
    return constant;
}

value evaluator::eval_name(const node& n) {
    const auto& v = frame(n.hops).slots[n.slot];
    return v.is_missing() ? value::undefined(&n.text) : v;
}

value evaluator::eval_list(const node& n, flavour f) {
    std::vector<value> items;
    items.reserve(n.parts.size());
    for (const auto* part : n.parts) items.push_back(eval(*part));
    return runtime_.sequence(f, std::move(items));
}

value evaluator::eval_mapping(const node& n) {
    std::vector<mapping_object::entry> entries;
    for (std::size_t i = 0; i + 1 < n.parts.size() && runtime_.ok(); i += 2) {
        auto key = eval(*n.parts[i]);
        put(runtime_, entries, std::move(key), eval(*n.parts[i + 1]));
    }
    return runtime_.mapping(std::move(entries));
}

value evaluator::eval_item(const node& n) {
    const auto  from = eval(*n.parts[0]);
    const auto& key  = *n.parts[1];
    if (key.kind != op::slice) {
        const auto k = eval(key);
        runtime_.at  = n.at;
        return get_item(runtime_, from, k);
    }
    const auto part  = [&](std::size_t i) { return key.parts[i] != nullptr ? eval(*key.parts[i]) : value::missing(); };
    const auto start = part(0), stop = part(1), step = part(2);
    runtime_.at = n.at;
    return runtime_.ok() ? slice(runtime_, from, start, stop, step) : value();
}

value evaluator::eval_filter(const node& n) {
    const auto subject = eval(*n.parts[0]);
    arguments  given;
    eval_arguments(n, given);
    runtime_.at = n.at;
    if (!runtime_.ok()) return {};
    if (n.id == unknown_id) return runtime_.fail("the " + std::string(n.kind == op::filter ? "filter" : "test") + " '" + n.text + "' is not known");
    return n.kind == op::filter ? run_filter(runtime_, n.id, subject, given) : value::of(run_test(runtime_, n.id, subject, given));
}

value evaluator::eval_compare(const node& n) {
    auto left = eval(*n.parts[0]);
    for (std::size_t i = 0; i < n.comparisons.size(); ++i) {
        auto right  = eval(*n.parts[i + 1]);
        runtime_.at = n.at;
        if (!runtime_.ok() || !compared(n.comparisons[i], left, right)) return value::of(false);
        left = std::move(right);
    }
    return value::of(true);
}

bool evaluator::compared(comparison c, const value& a, const value& b) {
    switch (c) {
        case comparison::equal:
            return equal(runtime_, a, b);
        case comparison::unequal:
            return !equal(runtime_, a, b);
        case comparison::less:
            return order(runtime_, a, b) < 0;
        case comparison::less_equal:
            return order(runtime_, a, b) <= 0;
        case comparison::greater:
            return order(runtime_, a, b) > 0;
        case comparison::greater_equal:
            return order(runtime_, a, b) >= 0;
        case comparison::in:
            return contains(runtime_, b, a);
        default:
            return !contains(runtime_, b, a);
    }
}

value evaluator::eval_logic(const node& n) {
    if (n.kind == op::conditional) {
        if (is_true(eval(*n.parts[1]))) return eval(*n.parts[0]);
        return n.parts[2] != nullptr ? eval(*n.parts[2]) : value();
    }
    value v;
    for (const auto* part : n.parts) {
        v = eval(*part);
        if (is_true(v) == (n.kind == op::any_of)) break;
    }
    return v;
}

value evaluator::eval_arithmetic(const node& n) {
    auto left = eval(*n.parts[0]);
    if (n.kind == op::negate || n.kind == op::plus) {
        runtime_.at = n.at;
        return n.kind == op::negate ? negated(runtime_, left) : with_plus(runtime_, left);
    }
    for (std::size_t i = 1; i < n.parts.size() && runtime_.ok(); ++i) {
        const auto right = eval(*n.parts[i]);
        runtime_.at      = n.at;
        left             = binary_operator(runtime_, n.kind, left, right);
    }
    return left;
}

value evaluator::eval_concatenation(const node& n) {
    text_builder out(runtime_);
    for (const auto* part : n.parts) {
        const auto v = eval(*part);
        if (!runtime_.ok()) break;
        print(runtime_, v, out);
    }
    return out.finish();
}

void evaluator::eval_arguments(const node& n, arguments& out) {
    for (std::size_t i = 0; i < n.n_arguments; ++i) out.positional.push_back(eval(*n.parts[1 + i]));
    for (std::size_t i = 0; i < n.names.size(); ++i) out.named.push_back({n.names[i], eval(*n.parts[1 + n.n_arguments + i])});
    std::size_t next = 1 + n.n_arguments + n.names.size();
    if (n.takes_rest) {
        const auto all = eval(*n.parts[next++]);
        runtime_.at    = n.at;
        for (auto& item : items_of(runtime_, all)) out.positional.push_back(std::move(item));
    }
    if (n.takes_names) add_names(n, eval(*n.parts[next]), out);
    if (out.positional.size() + out.named.size() > most_arguments)
        runtime_.fail("a call with more than " + std::to_string(most_arguments) + " arguments", code::format_limit);
}

/// The arguments of **mapping.
void evaluator::add_names(const node& n, const value& mapping, arguments& out) {
    runtime_.at = n.at;
    if (!mapping.is(type::mapping)) return static_cast<void>(runtime_.fail("'**' needs a mapping", "a mapping", kind_of(mapping)));
    for (const auto& [key, content] : mapping.as<mapping_object>().entries) {
        if (!runtime_.spend(1 + n.names.size())) return;
        if (!key.is_string()) return static_cast<void>(runtime_.fail("'**' needs a mapping whose keys are strings", "a string", kind_of(key)));
        if (std::find(n.names.begin(), n.names.end(), view_of(key)) != n.names.end())
            return static_cast<void>(runtime_.fail("an argument that is given twice"));
        out.named.push_back({view_of(key), content, key});
    }
}

value evaluator::eval_call(const node& n, const value& caller) {
    const auto callee = eval(*n.parts[0]);
    arguments  given;
    eval_arguments(n, given);
    if (!caller.is_undefined()) given.named.push_back({"caller", caller});
    runtime_.at = n.at;
    return runtime_.ok() ? call(callee, n, given) : value();
}

value evaluator::call(const value& callee, const node& n, const arguments& given) {
    switch (callee.type()) {
        case type::function:
            return run_builtin(runtime_, functions()[static_cast<std::size_t>(callee.integer())], value(), given);
        case type::method: {
            const auto& m = callee.as<method_object>();
            return run_builtin(runtime_, m.what, m.self, given);
        }
        case type::macro:
            return invoke(callee.as<macro_object>(), given);
        default: {
            const auto& called = *n.parts[0];
            const bool  named  = called.kind == op::name || called.kind == op::attribute;
            return runtime_.fail((named ? "'" + called.text + "'" : std::string("what is called here")) + " is " + std::string(kind_of(callee)) +
                                 ", which cannot be called");
        }
    }
}

value evaluator::invoke(const macro_object& m, const arguments& given) {
    const auto&  definition = m.definition;
    const auto   place      = runtime_.at;
    const inside entered(*this, opened(definition.scopes[0], m.closure));
    bind_parameters(definition, given);
    value text;
    if (runtime_.ok()) capture(definition.body, text);
    if (runtime_.ok()) runtime_.at = place;
    return text;
}

/// The frame of the macro is the current one: gives its parameters their values, in the order of their slots.
void evaluator::bind_parameters(const node& m, const arguments& given) {
    auto&             slots    = frame(0).slots;
    const auto        n        = m.names.size();
    const auto        by_place = std::min(n, given.positional.size());
    std::vector<bool> used(given.named.size());
    std::copy_n(given.positional.begin(), by_place, slots.begin());
    const auto taken = [&](std::string_view name) {
        runtime_.spend(1 + given.named.size() / 4);
        for (std::size_t i = 0; i < given.named.size(); ++i)
            if (given.named[i].name == name && !used[i]) {
                used[i] = true;
                return given.named[i].content;
            }
        return value::missing();
    };
    for (std::size_t i = by_place; i < n; ++i) slots[i] = taken(m.names[i]);
    auto next = n;
    if (m.takes_caller) {
        slots[next] = taken("caller");
        if (slots[next].is_missing()) slots[next] = value();
        ++next;
    }
    std::vector<mapping_object::entry> rest;
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (used[i]) continue;
        if (!m.takes_names)
            return static_cast<void>(runtime_.fail("the macro '" + m.text + "' has no parameter '" + printable(given.named[i].name) + "' to give a value to"));
        put(runtime_, rest, given.named[i].name_as_string(runtime_), given.named[i].content);
    }
    if (m.takes_names) slots[next++] = runtime_.mapping(std::move(rest));
    if (m.takes_rest)
        slots[next] = runtime_.sequence(flavour::tuple, {given.positional.begin() + static_cast<std::ptrdiff_t>(by_place), given.positional.end()});
    else if (given.positional.size() > n)
        return static_cast<void>(
            runtime_.fail("the macro '" + m.text + "' has too many arguments", "at most " + std::to_string(n), std::to_string(given.positional.size())));
    const std::size_t first_default = m.kind == op::macro ? 0 : 1, n_defaults = m.parts.size() - first_default;
    for (std::size_t i = 0; i < n; ++i)
        if (slots[i].is_missing()) slots[i] = i + n_defaults >= n ? eval(*m.parts[first_default + i + n_defaults - n]) : value::undefined(&m.names[i]);
}

}  // namespace plume::jinja
