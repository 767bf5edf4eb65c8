#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "program.hpp"
#include "runtime.hpp"

namespace plume::jinja {

/// Variables that a template gets from outside.
using variables = std::map<std::string, value, std::less<>>;

/// Runs a program once.
class evaluator {
public:
    evaluator(const program& p, runtime& r, variables outside)
        : program_(p), runtime_(r), outside_(std::move(outside)), constants_(p.n_constants, value::missing()) {}

    /// What the template prints; whether that worked the runtime knows.
    marked run();

private:
    enum class flow : std::uint8_t { on, broken, continued };

    // statements (evaluator.cpp)
    flow run(const std::vector<node*>& body);
    flow run(const node& n);
    flow run_if(const node& n);
    flow run_for(const node& n);
    flow run_set_block(const node& n);
    flow run_filter_block(const node& n);
    flow run_with(const node& n);
    void run_call_block(const node& n);
    void run_generation(const node& n);
    void put_out(const value& v);
    void assign(const node& target, value v);

    /// What a body prints, as a string.
    flow capture(const std::vector<node*>& body, value& text);

    // scopes
    [[nodiscard]] value         opened(const scope& s, const value& outer);
    [[nodiscard]] frame_object& frame(std::uint32_t hops) const noexcept;

    // expressions (evaluator_expressions.cpp)
    value eval(const node& n);
    value eval_kind(const node& n);
    value eval_string(const node& n);
    value eval_name(const node& n);
    value eval_list(const node& n, flavour f);
    value eval_mapping(const node& n);
    value eval_item(const node& n);
    value eval_call(const node& n, const value& caller);
    value eval_filter(const node& n);
    value eval_compare(const node& n);
    value eval_logic(const node& n);
    value eval_arithmetic(const node& n);
    value eval_concatenation(const node& n);
    bool  compared(comparison c, const value& a, const value& b);
    void  eval_arguments(const node& n, arguments& out);
    void  add_names(const node& n, const value& mapping, arguments& out);
    value call(const value& callee, const node& n, const arguments& given);
    value invoke(const macro_object& m, const arguments& given);
    void  bind_parameters(const node& m, const arguments& given);

    /// Another frame while it lives.
    struct inside {
        evaluator& e;
        value      before;
        inside(evaluator& ev, value now) : e(ev), before(std::move(now)) { std::swap(e.frame_, before); }
        inside(const inside&)            = delete;
        inside& operator=(const inside&) = delete;
        ~inside() { std::swap(e.frame_, before); }
    };

    const program&     program_;
    runtime&           runtime_;
    variables          outside_;
    std::vector<value> constants_;
    value              frame_;
    value              captured_;  // what the filters of a block work on
    text_builder*      out_ = nullptr;
};

}  // namespace plume::jinja
