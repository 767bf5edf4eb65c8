#include <plume/core/utf8.hpp>
#include <plume/text/chat_template.hpp>

#include <algorithm>
#include <chrono>

#include "jinja/convert.hpp"
#include "jinja/evaluator.hpp"
#include "jinja/functions.hpp"
#include "jinja/lexer.hpp"
#include "jinja/parser.hpp"
#include "jinja/program.hpp"
#include "jinja/scopes.hpp"
#include "src/guard.hpp"

namespace plume {

struct chat_template::program {
    jinja::program  tree;
    template_limits limits;
};

namespace {

constexpr std::size_t deepest_brackets = 150;  // of the parser, which uses more stack for a level than what runs later
constexpr std::size_t deepest_tree     = 300;  // of tags and expressions inside each other

chat_template::time now_in_utc() {
    const auto                        now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto                        day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss       clock(now - day);
    const auto                        number = [](auto part) { return static_cast<int>(part.count()); };
    return {static_cast<int>(date.year()),
            static_cast<int>(static_cast<unsigned>(date.month())),
            static_cast<int>(static_cast<unsigned>(date.day())),
            number(clock.hours()),
            number(clock.minutes()),
            number(clock.seconds())};
}

bool is_time(const chat_template::time& t) noexcept {
    const auto within = [](int n, int low, int high) { return n >= low && n <= high; };
    return within(t.year, 1, 9999) && within(t.month, 1, 12) && within(t.day, 1, 31) && within(t.hour, 0, 23) && within(t.minute, 0, 59) &&
           within(t.second, 0, 61);
}

/// What a render call cannot use.
result<void> checked(const chat_template::inputs& in) {
    const auto wrong = [](std::string_view what, std::string_view expected, json::kind found) {
        return error{code::invalid_argument, "is of a wrong kind"}.about("input of a chat template", what).expected_found(expected, name(found));
    };
    if (in.messages_json && !in.messages_json->is(json::kind::array)) return wrong("messages", "an array", in.messages_json->kind());
    if (in.tools && !in.tools->is(json::kind::array) && !in.tools->is(json::kind::null)) return wrong("tools", "an array", in.tools->kind());
    if (in.documents && !in.documents->is(json::kind::array) && !in.documents->is(json::kind::null))
        return wrong("documents", "an array", in.documents->kind());
    if (in.variables && !in.variables->is(json::kind::object)) return wrong("variables", "an object", in.variables->kind());
    if (in.now && !is_time(*in.now)) return error{code::invalid_argument, "is no date and time"}.about("input of a chat template", "now");
    return {};
}

/// The names that a template has from outside. The caller's variables come last, and so may hide the others.
jinja::variables outside_of(jinja::runtime& r, const chat_template::inputs& in) {
    jinja::variables all;
    const auto       functions = jinja::functions();
    for (std::size_t i = 0; i < functions.size(); ++i) all.insert_or_assign(std::string(functions[i].name), jinja::value::function(i));
    const auto trusted = [&](std::string_view text) { return r.string(utf8::replace_invalid(text)); };
    const auto given   = [&](const std::optional<json::value>& v) { return v ? jinja::from_json(r, *v) : jinja::value::none(true); };
    if (in.bos) all.insert_or_assign("bos_token", trusted(*in.bos));
    if (in.eos) all.insert_or_assign("eos_token", trusted(*in.eos));
    all.insert_or_assign("messages", in.messages_json ? jinja::messages_from_json(r, *in.messages_json) : jinja::messages_from(r, in.messages));
    all.insert_or_assign("tools", given(in.tools));
    all.insert_or_assign("documents", given(in.documents));
    all.insert_or_assign("add_generation_prompt", jinja::value::of(in.add_generation_prompt));
    if (in.variables)
        for (const auto& m : in.variables->members()) all.insert_or_assign(std::string(m.key), jinja::from_json(r, m.value));
    return all;
}

}  // namespace

result<chat_template> chat_template::parse(std::string_view source, const template_limits& limits) {
    return guarded([&]() -> result<chat_template> {
        if (source.size() > limits.source_bytes)
            return error{code::format_limit, "the chat template is too long"}.expected_found(limits.source_bytes, source.size());
        auto p         = std::make_shared<program>();
        p->limits      = limits;
        p->tree.source = jinja::with_plain_lines(utf8::replace_invalid(source));
        auto tokens    = jinja::cut_into_tokens(p->tree.source);
        if (!tokens) return std::move(tokens).error();
        if (auto parsed = jinja::parser(p->tree, *std::move(tokens), deepest_brackets).run(); !parsed) return std::move(parsed).error();
        if (auto resolved = jinja::resolve_names(p->tree, deepest_tree); !resolved) return std::move(resolved).error();
        return chat_template(std::move(p));
    });
}

result<marked_text> chat_template::render(const inputs& in) const {
    return guarded([&]() -> result<marked_text> {
        if (auto good = checked(in); !good) return std::move(good).error();
        const auto       now = in.now ? *in.now : now_in_utc();
        jinja::runtime   runtime(program_->tree.source, program_->limits, now);
        jinja::evaluator evaluator(program_->tree, runtime, outside_of(runtime, in));
        auto             text = runtime.ok() ? evaluator.run() : jinja::marked();
        if (!runtime.ok()) return runtime.take_error();
        marked_text out;
        text.for_each_run([&](std::size_t begin, std::size_t end, bool from_template) { out.runs.push_back({begin, end, from_template}); });
        out.text = std::move(text).take();
        return out;
    });
}

std::string_view chat_template::source() const noexcept { return program_->tree.source; }

}  // namespace plume
