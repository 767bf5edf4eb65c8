#include "scopes.hpp"

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <plume/core/printable.hpp>

#include "filters.hpp"
#include "place.hpp"
#include "tests.hpp"

namespace plume::jinja {
namespace {

/// A scope while its program is read.
struct open_scope {
    scope&                                              out;
    const open_scope*                                   outer;
    std::unordered_map<std::string_view, std::uint32_t> slots     = {};
    std::vector<node*>                                  uses      = {};  // names to resolve when all variables are known
    std::vector<node*>                                  nested    = {};  // statements with scopes of their own, read after this one
    std::size_t                                         in_branch = 0;
};

class resolver {
public:
    resolver(program& p, std::size_t depth) noexcept : program_(p), depth_left_(depth) {}

    result<void> run() {
        open_scope root{program_.root, nullptr};
        for (auto* n : program_.body) statement(*n, root);
        finish(root);
        if (error_) return std::move(*error_);
        return {};
    }

private:
    struct found {
        std::uint32_t hops, slot;
    };

    [[nodiscard]] static std::optional<found> look_up(const open_scope* s, std::string_view name) {
        for (std::uint32_t hops = 0; s != nullptr; s = s->outer, ++hops)
            if (const auto at = s->slots.find(name); at != s->slots.end()) return found{hops, at->second};
        return {};
    }

    void add(open_scope& s, std::string_view name, variable::start begins, found from = {}) {
        s.slots.emplace(name, static_cast<std::uint32_t>(s.out.variables.size()));
        s.out.variables.push_back({std::string(name), begins, from.hops, from.slot});
    }
    void parameter(open_scope& s, std::string_view name) {
        if (!s.slots.contains(name)) add(s, name, variable::start::parameter);
    }
    void load(open_scope& s, node& n) {
        if (!look_up(&s, n.text)) add(s, n.text, variable::start::from_outside);
        s.uses.push_back(&n);
    }
    /// A name assigned in one branch alone must have its value from before in the others.
    void store(open_scope& s, std::string_view name) {
        if (s.slots.contains(name)) return;
        if (const auto outer = look_up(s.outer, name))
            add(s, name, variable::start::of_outer, {outer->hops + 1, outer->slot});
        else
            add(s, name, s.in_branch > 0 ? variable::start::from_outside : variable::start::unset);
    }

    bool deeper(const node& n) {
        if (depth_left_ == 0 && !error_)
            error_ = error_at(code::format_limit, program_.source, n.at, "an expression or tags inside each other that go too deep");
        if (error_) return false;
        --depth_left_;
        return true;
    }

    void statement(node& n, open_scope& s) {
        if (!deeper(n)) return;
        read(n, s);
        ++depth_left_;
    }

    void statements(const std::vector<node*>& body, open_scope& s) {
        for (auto* n : body) statement(*n, s);
    }

    void read(node& n, open_scope& s) {
        switch (n.kind) {
            case op::print:
                return expression(n.parts[0], s, s.in_branch > 0);
            case op::if_chain:
                for (auto* b : n.parts) {
                    expression(b->parts[0], s, true);
                    ++s.in_branch;
                    statements(b->body, s);
                    --s.in_branch;
                }
                return;
            case op::for_loop:
                expression(n.parts[1], s, s.in_branch > 0);
                break;
            case op::set:
                expression(n.parts[1], s, s.in_branch > 0);
                return target(*n.parts[0], s, false);
            case op::set_block:
                target(*n.parts[0], s, false);
                break;
            case op::macro:
                store(s, n.text);
                s.uses.push_back(&n);
                break;
            case op::call_block:
                expression(n.parts[0], s, s.in_branch > 0);
                break;
            case op::with_block:
                for (std::size_t i = n.parts.size() / 2; i < n.parts.size(); ++i) expression(n.parts[i], s, s.in_branch > 0);
                break;
            case op::filter_block:
            case op::generation:
                break;
            default:
                return;
        }
        s.nested.push_back(&n);
    }

    void target(node& n, open_scope& s, bool is_parameter) {
        if (n.kind == op::tuple) {
            for (auto* part : n.parts) target(*part, s, is_parameter);
        } else if (n.kind == op::attribute_target) {
            load(s, *n.parts[0]);
        } else {
            is_parameter ? parameter(s, n.text) : store(s, n.text);
            s.uses.push_back(&n);
        }
    }

    /// `soft`: inside a condition, where an unknown filter is an error only when it is reached.
    void expression(node* n, open_scope& s, bool soft) {
        if (n == nullptr || !deeper(*n)) return;
        if (n->kind == op::name) load(s, *n);
        if (n->kind == op::filter || n->kind == op::test) {
            const bool is_filter = n->kind == op::filter;
            n->id                = is_filter ? filter_id(n->text) : test_id(n->text);
            if (n->id == unknown_id && !soft && !error_)
                error_ = error_at(code::format_unsupported, program_.source, n->at,
                                  std::string("the ") + (is_filter ? "filter" : "test") + " '" + printable(n->text) + "' is not known");
        }
        for (auto* part : n->parts) expression(part, s, soft || n->kind == op::conditional);
        ++depth_left_;
    }

    /// A scope inside `outer`, read by `fill`, then resolved with what is nested in it.
    template <class Fill>
    void inner(node& n, open_scope& outer, const Fill& fill) {
        open_scope s{n.scopes.emplace_back(), &outer};
        fill(s);
        finish(s);
    }

    void finish(open_scope& s) {
        for (auto* n : s.uses) {
            const auto f = look_up(&s, n->text);
            n->hops      = f->hops;
            n->slot      = f->slot;
        }
        for (auto* n : s.nested) {
            if (!deeper(*n)) return;
            n->scopes.reserve(3);  // none moves while one is open
            nested(*n, s);
            ++depth_left_;
        }
    }

    void nested(node& n, open_scope& outer) {
        switch (n.kind) {
            case op::for_loop:
                inner(n, outer, [&](open_scope& s) {
                    target(*n.parts[0], s, true);
                    parameter(s, "loop");
                    statements(n.body, s);
                });
                inner(n, outer, [&](open_scope& s) {  // the condition sees the targets, in the same slots
                    target(*n.parts[0], s, true);
                    expression(n.parts[2], s, false);
                });
                return inner(n, outer, [&](open_scope& s) { statements(n.other, s); });
            case op::macro:
            case op::call_block:
                return inner(n, outer, [&](open_scope& s) {
                    for (const auto& name : n.names) parameter(s, name);
                    if (n.takes_caller) parameter(s, "caller");
                    if (n.takes_names) parameter(s, "kwargs");
                    if (n.takes_rest) parameter(s, "varargs");
                    for (std::size_t i = n.kind == op::macro ? 0 : 1; i < n.parts.size(); ++i) expression(n.parts[i], s, false);
                    statements(n.body, s);
                });
            case op::with_block:
                return inner(n, outer, [&](open_scope& s) {
                    for (std::size_t i = 0; i < n.parts.size() / 2; ++i) target(*n.parts[i], s, true);
                    statements(n.body, s);
                });
            case op::set_block:
                return inner(n, outer, [&](open_scope& s) {
                    statements(n.body, s);
                    expression(n.parts[1], s, false);
                });
            case op::filter_block:
                return inner(n, outer, [&](open_scope& s) {
                    statements(n.body, s);
                    expression(n.parts[0], s, false);
                });
            default:
                return inner(n, outer, [&](open_scope& s) { statements(n.body, s); });
        }
    }

    program&             program_;
    std::size_t          depth_left_;
    std::optional<error> error_;
};

}  // namespace

result<void> resolve_names(program& p, std::size_t depth) { return resolver(p, depth).run(); }

}  // namespace plume::jinja
