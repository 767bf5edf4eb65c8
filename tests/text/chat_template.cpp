#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <plume/core/json.hpp>
#include <plume/core/sha256.hpp>
#include <plume/core/utf8.hpp>
#include <plume/text/chat_template.hpp>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

constexpr chat_template::time golden_time{.year = 2026, .month = 3, .day = 7, .hour = 14, .minute = 5, .second = 9};

json::document read_json(const std::string& path) {
    auto d = json::document::parse(read_whole(path));
    if (!d) FAIL(path << ": " << d.error().message());
    return *std::move(d);
}

std::string hash_of(std::string_view text) {
    sha256 h;
    h.update(std::as_bytes(std::span(text)));
    return hex(h.digest());
}

/// The inputs that make_template_goldens.py gives to jinja2.
chat_template::inputs inputs_of(const json::value& set) {
    chat_template::inputs in;
    in.messages_json = set.find("messages");
    in.tools         = set.find("tools");
    in.documents     = set.find("documents");
    in.variables     = set.find("variables");
    in.bos           = "<|bos|>";
    in.eos           = "<|eos|>";
    in.now           = golden_time;
    if (const auto add = set.find("add_generation_prompt")) in.add_generation_prompt = *add->boolean();
    return in;
}

void check_runs(const marked_text& t) {
    std::size_t at = 0;
    for (const auto& run : t.runs) {
        CHECK(run.begin == at);
        CHECK(run.end > at);
        at = run.end;
    }
    CHECK(at == t.text.size());
    for (std::size_t i = 1; i < t.runs.size(); ++i) CHECK(t.runs[i].from_template != t.runs[i - 1].from_template);
    CHECK(utf8::first_invalid(t.text) == std::string_view::npos);
}

result<marked_text> rendered(std::string_view source, const chat_template::inputs& in) {
    auto t = chat_template::parse(source);
    if (!t) return std::move(t).error();
    return t->render(in);
}

/// What a template prints; the error's words where it fails.
std::string shown(std::string_view source, const chat_template::inputs& in = {}) {
    const auto r = rendered(source, in);
    return r ? r->text : "error: " + r.error().message();
}

}  // namespace

TEST_CASE("pieces of the language print what jinja2 prints, and fail where it fails") {
    const auto            golden = read_json(golden_text("jinja.json"));
    chat_template::inputs in;
    in.variables          = golden.root().find("context");
    in.now                = golden_time;
    std::size_t n_printed = 0, n_errors = 0;
    for (const auto c : golden.root().find("cases")->elements()) {
        auto       part   = c.elements().begin();
        const auto source = *(*part).string();
        ++part;
        const auto want = (*part).string();
        const auto got  = rendered(source, in);
        CAPTURE(std::string(source));
        if (want) {
            ++n_printed;
            if (!got) FAIL_CHECK("failed: " << got.error().message());
            if (got) CHECK(got->text == *want);
            if (got) check_runs(*got);
        } else {
            ++n_errors;
            if (got) FAIL_CHECK("printed '" << got->text << "' where jinja2 raises");
            if (!got) CHECK_FALSE(got.error().message().empty());
        }
    }
    CHECK(n_printed > 3000);
    CHECK(n_errors > 1000);
}

TEST_CASE("published chat templates give byte for byte what jinja2 gives with the settings of transformers") {
    const auto folder = shared_data();
    if (!folder) return;
    const auto  golden      = read_json(golden_text("templates.json"));
    std::size_t n_templates = 0, n_equal = 0, n_errors = 0, n_all = 0;
    for (const auto [key, results] : golden.root().find("templates")->members()) {
        const std::string name(key);
        const auto        source = read_whole(*folder + "/chat-templates/" + name);
        const auto        parsed = chat_template::parse(source);
        CAPTURE(name);
        REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message());
        ++n_templates;
        auto want = results.elements().begin();
        for (const auto set : golden.root().find("sets")->elements()) {
            CAPTURE(std::string(*set.find("name")->string()));
            const auto got      = parsed->render(inputs_of(set));
            const auto expected = std::string(*(*want).string());
            ++want;
            ++n_all;
            if (expected == "error") {
                if (got) FAIL_CHECK("printed '" << got->text << "' where jinja2 raises");
                n_equal += !got;
                ++n_errors;
                continue;
            }
            const auto found = got ? std::to_string(got->text.size()) + ' ' + hash_of(got->text) : got.error().message();
            CHECK(found == expected);
            n_equal += found == expected;
            if (got) check_runs(*got);
        }
    }
    MESSAGE(n_templates << " templates: " << n_equal << " of " << n_all << " equal, " << n_errors << " of them errors in both");
    CHECK(n_templates == 34);
    CHECK(n_equal == n_all);
    CHECK(n_errors * 2 < n_all);
}

TEST_CASE("typed messages give what the same messages give as JSON") {
    const std::string source =
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ m.name }}{{ m.reasoning_content }}{{ m.thinking }}{{ m.tool_call_id }}"
        "{% for c in m.tool_calls or [] %}[{{ c.id }} {{ c.type }} {{ c.function.name }} {{ c.function.arguments|tojson }}]{% endfor %}{% endfor %}";
    const std::vector<message> messages{
        {.role = "user", .content = "Hi \xff", .name = "Ann"},
        {.role              = "assistant",
         .reasoning_content = "hm",
         .tool_calls        = {{"id1", "f", R"({"b": [1, 2.0], "a": "x"})"}, {"id2", "g", "not json"}, {"", "h", "[1]"}}},
        {.role = "tool", .content = "done", .tool_call_id = "id1"},
    };
    chat_template::inputs in;
    in.messages = messages;
    CHECK(shown(source, in) ==
          "<user>Hi \xef\xbf\xbd"
          "Ann<assistant>hmhm[id1 function f {\"b\": [1, 2.0], \"a\": \"x\"}][id2 function g \"not json\"][ function h \"[1]\"]<tool>doneid1");
}

TEST_CASE("errors give the line and the column, and what was found") {
    const auto message_of = [](std::string_view source) { return shown(source); };
    CHECK(message_of("a\n  {{ 1 + }}").find("line 2, column 10") != std::string::npos);
    CHECK(message_of("é{{ x.y.z }}").find("line 1, column 6") != std::string::npos);
    CHECK(message_of("é{{ x.y.z }}").find("'x' is undefined") != std::string::npos);
    CHECK(message_of("{{ 'a' + 1 }}").find("'+' does not go with a string and an integer") != std::string::npos);
    CHECK(message_of("{{ 1|nosuch }}").find("the filter 'nosuch' is not known") != std::string::npos);
    CHECK(message_of("{% if true %}").find("found the end of the template") != std::string::npos);
    CHECK(rendered("{{ raise_exception('Roles \x1b must alternate') }}", {}).error().code() == code::invalid_argument);
    CHECK(message_of("{{ raise_exception('Roles \x1b must') }}").find("Roles \\x1b must") != std::string::npos);
    CHECK(rendered("{{ 1 + none }}", {}).error().code() == code::format_invalid);
    CHECK(rendered("{% include 'x' %}", {}).error().code() == code::format_unsupported);
}

TEST_CASE("a slice beside other subscripts is an error when the template is read, as in jinja2") {
    for (const auto* item : {"[::,1]", "[1,::2]", "[:,:]", "[1,2,3:4:5]", "[a:b,]", "[,:]"}) {
        const auto t = chat_template::parse("{{ x" + std::string(item) + " }}");
        CAPTURE(item);
        REQUIRE_FALSE(t.has_value());
        CHECK(t.error().code() == code::format_invalid);
    }
    CHECK(shown("{{ 'abc'[::] }}{{ 'abc'[:2] }}{{ 'abc'[1, 2] }}{{ {(1, 2): 'x'}[1, 2] }}") == "abcabx");
}

TEST_CASE("inputs of a wrong kind are refused") {
    const auto array = *json::document::parse("[1]"), object = *json::document::parse("{}"), large = *json::document::parse("[12345678901234567890]");
    chat_template::inputs in;
    in.messages_json = object.root();
    CHECK(rendered("", in).error().code() == code::invalid_argument);
    in.messages_json = array.root();
    CHECK(shown("{{ messages[0] }}", in) == "1");
    in.variables = array.root();
    CHECK(rendered("", in).error().code() == code::invalid_argument);
    in.variables = {};
    in.tools     = large.root();
    CHECK(shown("x", in).find("more than 64 bits") != std::string::npos);
    in.tools = {};
    in.now   = chat_template::time{.month = 13};
    CHECK(rendered("", in).error().code() == code::invalid_argument);
}

TEST_CASE("strftime_now has the system's time without one that is given") {
    CHECK(shown("{{ strftime_now('%Y')|int >= 2025 }}") == "True");
    chat_template::inputs in;
    in.now = chat_template::time{.year = 2024, .month = 2, .day = 29};
    CHECK(shown("{{ strftime_now('%A %j %U %V') }}", in) == "Thursday 060 08 09");
}
