#include "parser.hpp"

#include <algorithm>

#include <plume/core/printable.hpp>

#include "place.hpp"

namespace plume::jinja {

result<void> parser::run() {
    statements(program_.body, {});
    if (error_) return std::move(*error_);
    return {};
}

bool parser::next_is_name(std::string_view s) const noexcept {
    return !is(token_kind::end) && tokens_[at_ + 1].kind == token_kind::name && text(tokens_[at_ + 1]) == s;
}
bool parser::next_is_symbol(std::string_view s) const noexcept {
    return !is(token_kind::end) && tokens_[at_ + 1].kind == token_kind::symbol && text(tokens_[at_ + 1]) == s;
}
token parser::take() noexcept {
    const auto taken = current();
    if (taken.kind != token_kind::end) ++at_;
    return taken;
}
bool parser::take_symbol(std::string_view s) noexcept { return is_symbol(s) && (take(), true); }
bool parser::take_name(std::string_view s) noexcept { return is_name(s) && (take(), true); }

void parser::expect(token_kind k, std::string_view what) {
    if (is(k))
        take();
    else
        fail_here(what);
}
void parser::expect_symbol(std::string_view s) {
    if (!take_symbol(s)) fail_here("'" + std::string(s) + "'");
}
std::string parser::expect_name(std::string_view what) {
    if (is(token_kind::name)) return std::string(text(take()));
    fail_here(what);
    return {};
}

void parser::fail(std::size_t place, std::string_view what) {
    if (!error_) error_ = error_at(code::format_invalid, program_.source, place, what);
    at_ = tokens_.size() - 1;
}

void parser::fail_here(std::string_view expected) {
    if (error_) return;
    const auto found = is(token_kind::end) ? std::string("the end of the template") : "'" + std::string(text(current())) + "'";
    error_           = error_at(code::format_invalid, program_.source, current().begin, "unexpected syntax").expected_found(expected, found);
    at_              = tokens_.size() - 1;
}

node* parser::make(op kind, std::size_t place) {
    auto& n = program_.nodes.emplace_back();
    n.kind  = kind;
    n.at    = static_cast<std::uint32_t>(place);
    return &n;
}

bool parser::deeper() {
    if (depth_left_ == 0) {
        if (!error_) error_ = error_at(code::format_limit, program_.source, current().begin, "tags or brackets inside each other go too deep");
        at_ = tokens_.size() - 1;
        return false;
    }
    --depth_left_;
    return true;
}

/// Up to the end of the template, or up to a tag of one of these names, which is not taken.
void parser::statements(bodies& out, std::initializer_list<std::string_view> ends) {
    const level l(*this);
    while (!is(token_kind::end)) {
        const auto t = current();
        if (t.kind == token_kind::text) {
            take();
            auto* n = make(op::text, t.begin);
            n->text = text(t);
            out.push_back(n);
        } else if (t.kind == token_kind::print_begin) {
            take();
            auto* n = make(op::print, t.begin);
            n->parts.push_back(tuple_or_expression(true, false));
            expect(token_kind::print_end, "'}}'");
            out.push_back(n);
        } else {
            take();  // {%
            if (std::any_of(ends.begin(), ends.end(), [&](std::string_view e) { return is_name(e); })) return;
            if (is_name("print"))
                print_statement(out);
            else
                out.push_back(statement());
            expect(token_kind::block_end, "'%}'");
        }
    }
    if (ok() && ends.size() > 0) fail_here("the tag '" + std::string(*(ends.end() - 1)) + "'");
}

/// The end of an opening tag and what follows it, up to one of `ends`, whose name is the current token then.
void parser::body_until(bodies& out, std::initializer_list<std::string_view> ends) {
    take_symbol(":");
    expect(token_kind::block_end, "'%}'");
    statements(out, ends);
}

void parser::end_tag(std::string_view name) {
    if (!take_name(name)) fail_here("the tag '" + std::string(name) + "'");
}

node* parser::statement() {
    const auto place = current().begin;
    const auto tag   = expect_name("the name of a tag");
    if (tag == "for") return for_statement(place);
    if (tag == "if") return if_statement(place);
    if (tag == "set") return set_statement(place);
    if (tag == "macro") return macro_statement(place);
    if (tag == "call") return call_statement(place);
    if (tag == "filter") return filter_statement(place);
    if (tag == "generation") return generation_statement(place);
    if (tag == "with") return with_statement(place);
    if (tag == "break" || tag == "continue") {
        if (loops_ == 0) fail(place, "'" + tag + "' outside of a loop");
        return make(tag == "break" ? op::break_loop : op::continue_loop, place);
    }
    constexpr std::string_view files[] = {"include", "import", "from", "extends", "block"};
    if (std::find(std::begin(files), std::end(files), tag) != std::end(files)) {
        if (ok())
            error_ =
                error_at(code::format_unsupported, program_.source, place, "the tag '" + tag + "' needs other templates, which a chat template does not have");
        at_ = tokens_.size() - 1;
    }
    if (ok()) fail(place, "the tag '" + printable(tag) + "' is not known here");
    return make(op::none, place);
}

void parser::print_statement(bodies& out) {
    const auto place = take().begin;
    while (ok() && !is(token_kind::block_end)) {
        if (!out.empty() && out.back()->kind == op::print && out.back()->at == place) expect_symbol(",");
        auto* n = make(op::print, place);
        n->parts.push_back(expression());
        out.push_back(n);
    }
}

node* parser::for_statement(std::size_t place) {
    auto* n = make(op::for_loop, place);
    n->parts.push_back(target(true, false));
    if (!take_name("in")) fail_here("'in'");
    n->parts.push_back(tuple_or_expression(false, false, true));
    n->parts.push_back(take_name("if") ? expression() : nullptr);
    if (is_name("recursive")) fail(current().begin, "recursive loops are not supported; use a macro");
    ++loops_;
    body_until(n->body, {"else", "endfor"});
    --loops_;
    if (take_name("else")) body_until(n->other, {"endfor"});
    end_tag("endfor");
    return n;
}

node* parser::if_statement(std::size_t place) {
    auto* n = make(op::if_chain, place);
    for (bool more = true; more && ok();) {
        auto* b = make(op::branch, current().begin);
        b->parts.push_back(tuple_or_expression(false, false));
        body_until(b->body, {"elif", "else", "endif"});
        n->parts.push_back(b);
        more = take_name("elif");
    }
    if (is_name("else")) {
        auto* b = make(op::branch, take().begin);
        b->parts.push_back(nullptr);
        body_until(b->body, {"endif"});
        n->parts.push_back(b);
    }
    end_tag("endif");
    return n;
}

node* parser::set_statement(std::size_t place) {
    auto* const to = target(false, true);
    if (take_symbol("=")) {
        auto* n = make(op::set, place);
        n->parts.push_back(to);
        n->parts.push_back(tuple_or_expression(true, false));
        return n;
    }
    auto* n = make(op::set_block, place);
    n->parts.push_back(to);
    n->parts.push_back(is_symbol("|") ? filter_chain(make(op::captured, place)) : nullptr);
    body_until(n->body, {"endset"});
    end_tag("endset");
    return n;
}

void parser::signature(node& macro) {
    bool has_defaults = false;
    expect_symbol("(");
    while (ok() && !is_symbol(")")) {
        if (!macro.names.empty()) expect_symbol(",");
        const auto place = current().begin;
        macro.names.push_back(expect_name("the name of a parameter"));
        if (std::count(macro.names.begin(), macro.names.end(), macro.names.back()) > 1) fail(place, "a parameter that is there twice");
        if (take_symbol("=")) {
            has_defaults = true;
            macro.parts.push_back(expression());
        } else if (has_defaults) {
            fail(place, "a parameter without a default after one that has one");
        }
    }
    expect_symbol(")");
}

/// Body and end tag of a macro or call block: no loop outside can be left from inside.
void parser::macro_body(node& macro, std::string_view end) {
    const auto loops = std::exchange(loops_, 0);
    macros_.push_back(&macro);
    body_until(macro.body, {end});
    macros_.pop_back();
    loops_ = loops;
    end_tag(end);
    // As a parameter of its own each of them is nothing special.
    const auto is_own = [&](std::string_view name) { return std::find(macro.names.begin(), macro.names.end(), name) != macro.names.end(); };
    macro.takes_rest &= !is_own("varargs");
    macro.takes_names &= !is_own("kwargs");
    macro.takes_caller &= !is_own("caller");
}

node* parser::macro_statement(std::size_t place) {
    auto* n = make(op::macro, place);
    n->text = expect_name("the name of the macro");
    signature(*n);
    macro_body(*n, "endmacro");
    return n;
}

node* parser::call_statement(std::size_t place) {
    auto* n = make(op::call_block, place);
    n->text = "caller";
    if (is_symbol("(")) signature(*n);
    const auto at   = current().begin;
    auto*      call = expression();
    if (ok() && call->kind != op::call) fail(at, "a call block without a call");
    n->parts.insert(n->parts.begin(), call);
    macro_body(*n, "endcall");
    return n;
}

node* parser::filter_statement(std::size_t place) {
    auto* n     = make(op::filter_block, place);
    auto* first = filter(make(op::captured, place));
    n->parts.push_back(filter_chain(first));
    body_until(n->body, {"endfilter"});
    end_tag("endfilter");
    return n;
}

node* parser::generation_statement(std::size_t place) {
    auto*      n     = make(op::generation, place);
    const auto loops = std::exchange(loops_, 0);
    body_until(n->body, {"endgeneration"});
    loops_ = loops;
    end_tag("endgeneration");
    return n;
}

node* parser::with_statement(std::size_t place) {
    auto*  n = make(op::with_block, place);
    bodies values;
    while (ok() && !is(token_kind::block_end)) {
        if (!values.empty()) expect_symbol(",");
        n->parts.push_back(target(false, false));
        expect_symbol("=");
        values.push_back(expression());
    }
    n->parts.insert(n->parts.end(), values.begin(), values.end());
    body_until(n->body, {"endwith"});
    end_tag("endwith");
    return n;
}

bool parser::is_target(const node& n) {
    if (n.kind == op::name) return n.text != "loop";
    if (n.kind == op::attribute_target) return true;
    if (n.kind != op::tuple) return false;
    return std::all_of(n.parts.begin(), n.parts.end(), [&](const node* part) { return is_target(*part); });
}

/// What can be assigned to: a name, a tuple of them, in `set` also an attribute of a namespace.
node* parser::target(bool in_for, bool with_attributes) {
    const auto place = current().begin;
    auto*      n     = tuple_or_expression(false, false, in_for, true, with_attributes);
    if (ok() && !is_target(*n)) fail(place, "nothing can be assigned to this");
    return n;
}

}  // namespace plume::jinja
