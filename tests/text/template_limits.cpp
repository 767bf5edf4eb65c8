#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <plume/core/json.hpp>
#include <plume/text/chat_template.hpp>

#include "support/small_stack.hpp"

using namespace plume;

namespace {

std::string repeated(std::string_view part, std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += part;
    return out;
}

/// The code of the error that a template gives, within the time that any template may take.
code failure_of(std::string_view source, const template_limits& limits = {}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto t     = chat_template::parse(source, limits);
    const auto r     = t ? t->render({}) : result<marked_text>(t.error());
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
    CAPTURE(std::string(source.substr(0, 100)));
    if (r) FAIL("no error");
    CHECK(r.error().message().find("chat template") != std::string::npos);
    return r.error().code();
}

}  // namespace

TEST_CASE("templates that loop, recurse or grow without end are errors") {
    constexpr template_limits small{.steps = 2'000'000, .output_bytes = 1 << 20, .memory_bytes = 16 << 20};
    const std::string         thousand = "{% for a in range(1000) %}";
    const std::string         end      = "{% endfor %}";
    for (const auto& source : {
             thousand + thousand + thousand + thousand + end + end + end + end,
             thousand + thousand + "0123456789" + end + end,
             std::string("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
             std::string("{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}"),
             std::string("{% set ns = namespace(s='x') %}") + thousand + "{% set ns.s = ns.s ~ ns.s %}" + end,
             std::string("{% set ns = namespace(s=[1]) %}") + thousand + "{% set ns.s = ns.s + ns.s %}" + end,
             std::string("{% set ns = namespace(s=[1]) %}") + thousand + "{% set ns.s = [ns.s, ns.s] %}" + end + "{{ ns.s }}",
             std::string("{% set ns = namespace(s=[1]) %}") + thousand + "{% set ns.s = [ns.s] %}" + end + "{{ ns.s == [1] or ns.s|tojson }}",
             std::string("{{ 'x' * 10000000000 }}"),
             std::string("{{ [1] * 10000000000 }}"),
             std::string("{{ range(100000000) }}"),
             std::string("{{ 'x'.center(10000000000) }}"),
             std::string("{{ '%10000000000d' % 1 }}"),
             std::string("{{ '{:>10000000000}'.format(1) }}"),
             std::string("{{ 'a'|indent(10000000000, true) }}"),
             std::string("{{ ('a' * 1000000)|list|join(('b' * 1000)) }}"),
             std::string("{{ ('a' * 100000).replace('', 'b' * 1000) }}"),
             std::string("{{ [1]|batch(10000000000, 2)|list }}"),
             // many bytes for few operations
             std::string("{% for a in range(99999) %}{% set x = '%99999d' % 1 %}{% endfor %}"),
             std::string("{% for a in range(99999) %}{% set x = '%.99999f' % 1 %}{% endfor %}"),
             std::string("{% for a in range(99999) %}{% set x = '{:>99999}'.format(1) %}{% endfor %}"),
             thousand + "{% set x = range(100)|list|tojson(indent='x' * 10000) %}" + end,
             std::string("{% set g = range(50000)|select('gt', -1) %}{% for a in range(50000) %}{% set x = g|first %}{% endfor %}"),
             std::string("{% set l = range(9999)|list %}{% macro m() %}{{ varargs|length }}{% endmacro %}{{ m(*l) }}{{ m(*(l + l)) }}"),
         })
        CHECK(failure_of(source, small) == code::format_limit);
}

TEST_CASE("texts that are not finished count as memory") {
    constexpr template_limits small{.output_bytes = 1 << 20, .memory_bytes = 4 << 20};
    const auto                source = [](int levels) {
        return "{% macro m(n) %}{% for i in range(900) %}" + std::string(1000, 'x') +
               "{% endfor %}{% if n %}{% set y = m(n - 1) %}{% endif %}{% endmacro %}{% set z = m(" + std::to_string(levels) + ") %}";
    };
    CHECK(failure_of(source(20), small) == code::format_limit);
    CHECK(chat_template::parse(source(1), small)->render({}).has_value());
    // A text that is copied to become longer takes steps for its bytes.
    constexpr template_limits few{.steps = 10'000'000, .output_bytes = 1 << 20, .memory_bytes = 4 << 20};
    CHECK(failure_of("{% set ns = namespace(s='') %}{% for i in range(99999) %}{% set ns.s = ns.s ~ 'abcdefgh' %}{% endfor %}", few) == code::format_limit);
}

TEST_CASE("long texts are searched from behind in linear time") {
    const auto t = chat_template::parse("{{ ('a b ' * 50000).rsplit(' ')|length }} {{ ('a' * 100000).rfind('b') }} {{ ('ab' * 50000).rsplit('ba', 1)[1] }}");
    const auto r = t->render({});
    REQUIRE_MESSAGE(r.has_value(), r.error().message());
    CHECK(r->text == "100001 -1 b");
}

TEST_CASE("values that go deep or in circles are let go of without recursion") {
    const auto t = chat_template::parse(
        "{% set ns = namespace(s=[]) %}{% for a in range(99999) %}{% set ns.s = [ns.s] %}{% endfor %}{% set ns.ns = ns %}{{ ns.s|length }}");
    const auto r = t->render({});
    REQUIRE_MESSAGE(r.has_value(), r.error().message());
    CHECK(r->text == "1");
}

TEST_CASE("hostile sources are refused in bounded time and depth") {
    for (const auto* part : {"(", "[", "{", "{1:", "-", "not ", "a.", "a[", "a(", "a|b(", "a if ", "1 + (", "'a' ~ ("}) {
        CHECK(failure_of("{{ " + repeated(part, 50'000 / std::string_view(part).size())) != code::internal);
        CHECK(failure_of("{{ " + repeated(part, 250)) != code::internal);
    }
    for (const auto* part :
         {"{% if a %}", "{% for a in b %}", "{% macro m() %}", "{% set a %}", "{% filter upper %}", "{% call m() %}", "{% raw %}", "{#", "{{", "{%"})
        CHECK(failure_of(repeated(part, 200'000 / std::string_view(part).size())) != code::internal);
    CHECK(failure_of("{{ a" + repeated(".a", 100'000)) != code::internal);
    CHECK(failure_of("{{ a" + repeated("|lower", 30'000) + " }}") == code::format_limit);
    CHECK(failure_of("{{ 1" + repeated(" * 1", 30'000) + " }}") == code::format_limit);
    CHECK(failure_of(repeated("x", 300'000)) == code::format_limit);
}

#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("what goes as deep as the limits allow fits in 256 KiB of stack") {
    const auto grown = [](std::string_view step, std::string_view use) {
        return "{% set ns = namespace(s=(1,)) %}{% for a in range(5000) %}{% set ns.s = " + std::string(step) + " %}{% endfor %}{{ " + std::string(use) + " }}";
    };
    std::vector<std::string> sources = {
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(x) %}{% for a in [1] if 1 %}{% filter upper %}{{ [{'a': (m(x=m(1)) if 1 else 2)}]|list|tojson }}{% endfilter %}{% endfor %}"
        "{% endmacro %}{{ m(1) }}",
        grown("[ns.s]", "ns.s"),
        grown("[ns.s]", "ns.s|tojson"),
        grown("{'a': ns.s}", "ns.s|tojson(indent=2)"),
        grown("[ns.s]", "ns.s < [ns.s]"),
        grown("(ns.s,)", "{ns.s: 1}"),
    };
    for (const std::size_t n : {140, 290}) {  // within the limit of the parser, and beyond it
        const auto wrapped = [n](std::string_view before, std::string_view middle, std::string_view after) {
            return repeated(before, n) + std::string(middle) + repeated(after, n);
        };
        for (auto& source : {
                 wrapped("{% if 1 %}", "x", "{% endif %}"),
                 wrapped("{% for a in [1] %}", "x", "{% endfor %}"),
                 wrapped("{% filter upper %}", "x", "{% endfilter %}"),
                 "{{ " + wrapped("(", "1", ")") + " }}",
                 "{{ " + wrapped("[", "1", "]") + " }}",
                 "{{ " + wrapped("not ", "1", "") + " }}",
                 "{{ " + wrapped("1 if 0 else ", "1", "") + " }}",
                 "{{ " + wrapped("", "a", "|lower") + " }}",
             })
            sources.push_back(source);
    }
    for (const auto& source : sources)
        plume::test::on_stack_of(256, [&] {
            if (const auto t = chat_template::parse(source)) (void)t->render({});
        });
}
#endif

TEST_CASE("long but shallow templates are fine") {
    const auto long_sum = chat_template::parse("{{ 'a'" + repeated(" + 'a'", 20'000) + " }}");
    REQUIRE(long_sum.has_value());
    CHECK(long_sum->render({})->text.size() == 20'001);
    const auto chain = chat_template::parse("{% if 0 %}" + repeated("{% elif 0 %}", 10'000) + "{% else %}x{% endif %}");
    REQUIRE(chain.has_value());
    CHECK(chain->render({})->text == "x");
    const auto names = chat_template::parse([] {
        std::string s;
        for (int i = 0; i < 5'000; ++i) s += "{% if 1 %}{% set a" + std::to_string(i) + "=1 %}{% endif %}";
        return s;
    }());
    REQUIRE_MESSAGE(names.has_value(), names.error().message());
    CHECK(names->render({}).has_value());
}
