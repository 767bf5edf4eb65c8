#include "evaluator.hpp"

#include <algorithm>

#include "compare.hpp"
#include "printing.hpp"

namespace plume::jinja {

marked evaluator::run() {
    text_builder out(runtime_);
    out_   = &out;
    frame_ = opened(program_.root, value());
    run(program_.body);
    return out.take();
}

/// A frame for a scope, its variables as they begin.
value evaluator::opened(const scope& s, const value& outer) {
    auto  f     = runtime_.make<frame_object>(type::frame, s.variables.size(), outer);
    auto& slots = f.as<frame_object>().slots;
    runtime_.memory().charge(f.as<frame_object>(), slots.size() * sizeof(value));
    runtime_.spend(1 + slots.size());
    for (std::size_t i = 0; i < slots.size(); ++i) {
        const auto& v = s.variables[i];
        if (v.begins == variable::start::from_outside) {
            if (const auto at = outside_.find(v.name); at != outside_.end()) slots[i] = at->second;
        } else if (v.begins == variable::start::of_outer) {
            const auto* from = &f.as<frame_object>();
            for (auto hops = v.outer_hops; hops > 0; --hops) from = &from->outer.as<frame_object>();
            slots[i] = from->slots[v.outer_slot];
        }
    }
    return f;
}

frame_object& evaluator::frame(std::uint32_t hops) const noexcept {
    auto* f = &frame_.as<frame_object>();
    for (; hops > 0; --hops) f = &f->outer.as<frame_object>();
    return *f;
}

evaluator::flow evaluator::run(const std::vector<node*>& body) {
    for (const auto* n : body) {
        const auto f = run(*n);
        if (f != flow::on || !runtime_.ok()) return f;
    }
    return flow::on;
}

evaluator::flow evaluator::run(const node& n) {
    const runtime::level l(runtime_);
    runtime_.at = n.at;
    if (!l.entered() || !runtime_.spend()) return flow::on;
    switch (n.kind) {
        case op::text:
            out_->add(n.text);
            break;
        case op::print:
            put_out(eval(*n.parts[0]));
            break;
        case op::if_chain:
            return run_if(n);
        case op::for_loop:
            return run_for(n);
        case op::set:
            assign(*n.parts[0], eval(*n.parts[1]));
            break;
        case op::set_block:
            return run_set_block(n);
        case op::macro:
            frame(n.hops).slots[n.slot] = runtime_.make<macro_object>(type::macro, n, frame_);
            break;
        case op::call_block:
            run_call_block(n);
            break;
        case op::filter_block:
            return run_filter_block(n);
        case op::generation:
            run_generation(n);
            break;
        case op::with_block:
            return run_with(n);
        case op::break_loop:
            return flow::broken;
        case op::continue_loop:
            return flow::continued;
        default:
            break;
    }
    if (out_->size() > runtime_.limits().output_bytes)
        runtime_.fail("the template prints more than " + std::to_string(runtime_.limits().output_bytes) + " bytes", code::format_limit);
    return flow::on;
}

void evaluator::put_out(const value& v) { print(runtime_, v, *out_); }

evaluator::flow evaluator::run_if(const node& n) {
    for (const auto* b : n.parts)
        if (b->parts[0] == nullptr || is_true(eval(*b->parts[0]))) return runtime_.ok() ? run(b->body) : flow::on;
    return flow::on;
}

evaluator::flow evaluator::run_for(const node& n) {
    auto items = runtime_.sequence(flavour::list, items_of(runtime_, eval(*n.parts[1])));  // an object at once, and so counted as memory
    if (n.parts[2] != nullptr) {
        std::vector<value> kept;
        for (const auto& item : items.as<sequence_object>().items) {
            if (!runtime_.spend()) return flow::on;
            const inside entered(*this, opened(n.scopes[1], frame_));
            assign(*n.parts[0], item);
            if (is_true(eval(*n.parts[2]))) kept.push_back(item);
        }
        items = runtime_.sequence(flavour::list, std::move(kept));
    }
    const auto  loop     = runtime_.make<loop_object>(type::loop, std::move(items));
    auto&       state    = loop.as<loop_object>();
    const auto& all      = n.scopes[0].variables;
    const auto  slot     = static_cast<std::size_t>(std::find_if(all.begin(), all.end(), [](const variable& v) { return v.name == "loop"; }) - all.begin());
    bool        finished = false;  // as in jinja2, only a round that comes to its end keeps the else part from running
    for (std::size_t i = 0; i < state.all().size() && runtime_.spend(); ++i) {
        state.index = i;  // stays at the last item behind the loop, where a namespace may keep it
        const inside entered(*this, opened(n.scopes[0], frame_));
        assign(*n.parts[0], state.all()[i]);
        frame(0).slots[slot] = loop;
        const auto f         = run(n.body);
        if (f == flow::broken) break;
        finished |= f == flow::on;
    }
    if (finished || n.other.empty() || !runtime_.ok()) return flow::on;
    const inside entered(*this, opened(n.scopes[2], frame_));
    return run(n.other);
}

evaluator::flow evaluator::capture(const std::vector<node*>& body, value& text) {
    text_builder          out(runtime_);
    auto* const           before = std::exchange(out_, &out);
    const evaluator::flow f      = run(body);
    out_                         = before;
    text                         = out.finish();
    return f;
}

evaluator::flow evaluator::run_set_block(const node& n) {
    value text;
    {
        const inside entered(*this, opened(n.scopes[0], frame_));
        if (const auto f = capture(n.body, text); f != flow::on) return f;
        if (n.parts[1] != nullptr) {
            captured_ = std::move(text);
            text      = eval(*n.parts[1]);
        }
    }
    assign(*n.parts[0], std::move(text));
    return flow::on;
}

evaluator::flow evaluator::run_filter_block(const node& n) {
    const inside entered(*this, opened(n.scopes[0], frame_));
    value        text;
    if (const auto f = capture(n.body, text); f != flow::on) return f;
    captured_ = std::move(text);
    put_out(eval(*n.parts[0]));
    return flow::on;
}

/// Its body has a scope of its own, as in transformers, where it is a call block.
void evaluator::run_generation(const node& n) {
    const inside entered(*this, opened(n.scopes[0], frame_));
    run(n.body);
}

evaluator::flow evaluator::run_with(const node& n) {
    const auto         half = n.parts.size() / 2;
    std::vector<value> values;
    for (std::size_t i = 0; i < half; ++i) values.push_back(eval(*n.parts[half + i]));
    const inside entered(*this, opened(n.scopes[0], frame_));
    for (std::size_t i = 0; i < half; ++i) assign(*n.parts[i], std::move(values[i]));
    return run(n.body);
}

void evaluator::run_call_block(const node& n) {
    const auto caller = runtime_.make<macro_object>(type::macro, n, frame_);
    put_out(eval_call(*n.parts[0], caller));
}

void evaluator::assign(const node& target, value v) {
    if (!runtime_.ok()) return;
    runtime_.at = target.at;
    if (target.kind == op::name) {
        frame(target.hops).slots[target.slot] = std::move(v);
    } else if (target.kind == op::tuple) {
        auto items = items_of(runtime_, v);
        if (runtime_.ok() && items.size() != target.parts.size())
            runtime_.fail("values to unpack", std::to_string(target.parts.size()), std::to_string(items.size()));
        for (std::size_t i = 0; i < target.parts.size() && runtime_.ok(); ++i) assign(*target.parts[i], std::move(items[i]));
    } else {
        const auto space = eval(*target.parts[0]);
        runtime_.at      = target.at;
        if (!space.is(type::space)) {
            runtime_.fail("only a namespace has attributes that can be set", "a namespace", kind_of(space));
        } else if (target.text.starts_with('_')) {
            runtime_.fail("an attribute of a namespace cannot have a name that begins with '_'");
        } else {
            auto& attributes = space.as<space_object>().attributes;
            if (!attributes.contains(target.text)) runtime_.memory().charge(space.as<space_object>(), 96 + target.text.size());
            attributes.insert_or_assign(target.text, std::move(v));
        }
    }
}

}  // namespace plume::jinja
