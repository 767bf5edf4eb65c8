#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

/// A template that was read: a tree of nodes, and for every name the scope and slot that it means.
namespace plume::jinja {

enum class op : std::uint8_t {
    // statements
    text,          // text: what to print
    print,         // [0] the expression
    if_chain,      // each part a branch
    branch,        // [0] the condition, null for else; body
    for_loop,      // [0] target, [1] what to iterate, [2] condition or null; body, other (else); scopes: body, condition, else
    set,           // [0] target, [1] value
    set_block,     // [0] target, [1] filters on `captured` or null; body; scope
    macro,         // text: name, slot of the name; names: parameters; parts: defaults of the last of them; body; scope
    call_block,    // as macro, and part [0] is the call before the defaults
    filter_block,  // [0] filters on `captured`; body; scope
    generation,    // body; scope
    with_block,    // parts: targets, then as many values; body; scope
    break_loop,
    continue_loop,
    // targets
    attribute_target,  // [0].text, of a namespace
    // expressions
    captured,  // what a set or filter block printed
    none,
    boolean,
    integer,
    number,
    string,
    name,
    list,
    tuple,      // also a target
    mapping,    // key, value, key, value
    attribute,  // [0].text
    item,       // [0][[1]]
    slice,      // [0] start, [1] stop, [2] step, each may be null; only as [1] of an item
    call,       // [0] what is called; arguments: in their order, then those with names, then *list and **mapping
    filter,     // [0] what goes in; arguments; text: its name
    test,       // likewise
    negation,
    negate,
    plus,
    all_of,   // and
    any_of,   // or
    compare,  // [0], then one part for each of `comparisons`
    add,
    subtract,
    multiply,
    divide,
    floor_divide,
    modulo,
    power,
    concatenate,  // all parts
    conditional,  // [0] if [1] else [2], which may be null
};

enum class comparison : std::uint8_t { equal, unequal, less, less_equal, greater, greater_equal, in, not_in };

/// How a variable of a scope begins.
struct variable {
    enum class start : std::uint8_t { unset, parameter, from_outside, of_outer };
    std::string   name;
    start         begins     = start::unset;
    std::uint32_t outer_hops = 0, outer_slot = 0;  // of_outer: where its first value is copied from
};

struct scope {
    std::vector<variable> variables;
};

struct node {
    op                       kind = op::none;
    bool                     flag = false;        // boolean: its value; macro: see below
    std::uint32_t            at   = 0;            // its byte in the source
    std::uint32_t            hops = 0, slot = 0;  // name, macro: scopes outwards, and the variable there
    std::uint32_t            id          = 0;     // filter, test: in its table; string: in the constants
    std::uint32_t            n_arguments = 0;     // call, filter, test: without names; those with follow
    std::int64_t             integer     = 0;
    double                   number      = 0;
    std::string              text;
    std::vector<node*>       parts, body, other;
    std::vector<std::string> names;  // of arguments; parameters of macros
    std::vector<comparison>  comparisons;
    std::vector<scope>       scopes;
    bool takes_rest = false, takes_names = false, takes_caller = false;  // macro: its body speaks of varargs, kwargs, caller; call: *list, **mapping
};

inline constexpr std::uint32_t unknown_id = static_cast<std::uint32_t>(-1);  // a filter or test that is not known, where that matters only when it runs

struct program {
    std::string        source;  // with plain lines
    std::deque<node>   nodes;
    std::vector<node*> body;
    scope              root;
    std::size_t        n_constants = 0;
};

}  // namespace plume::jinja
