#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <plume/core/json.hpp>
#include <plume/core/utf8.hpp>
#include <plume/text/chat_template.hpp>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

marked_text marked_by(std::string_view source, const chat_template::inputs& in) {
    const auto t = chat_template::parse(source);
    if (!t) FAIL(source << ": " << t.error().message());
    auto r = t->render(in);
    if (!r) FAIL(source << ": " << r.error().message());
    return *std::move(r);
}

/// The text with data between ⟨ and ⟩.
std::string with_marks(const marked_text& t) {
    std::string out;
    for (const auto& run : t.runs) {
        const auto text = t.text.substr(run.begin, run.end - run.begin);
        out += run.from_template ? text : "⟨" + text + "⟩";
    }
    return out;
}

std::string with_x(std::string_view source, std::string_view x = R"("data")") {
    const auto            variables = json::document::parse(std::string(R"({"n": 7, "list": ["a", "b"], "map": {"k": ["v"]}, "x": )") + std::string(x) + "}");
    chat_template::inputs in;
    in.variables = variables->root();
    in.bos       = "<s>";
    return with_marks(marked_by(source, in));
}

bool is_private(char32_t c) { return c >= 0xe000 && c < 0xf900; }

/// Every byte of a private-use character is data.
bool private_is_data(const marked_text& t) {
    bool all = true;
    for (std::size_t i = 0; i < t.text.size();) {
        const auto c   = utf8::decode_one(std::string_view(t.text).substr(i));
        const auto run = std::find_if(t.runs.begin(), t.runs.end(), [&](const auto& r) { return i >= r.begin && i < r.end; });
        all &= !is_private(c.code_point) || (!run->from_template && i + c.size <= run->end);
        i += c.size;
    }
    return all;
}

/// Every data byte is one of a private-use character.
bool data_is_private(const marked_text& t) {
    bool all = true;
    for (const auto& run : t.runs)
        for (auto i = run.begin; !run.from_template && i < run.end;) {
            const auto c = utf8::decode_one(std::string_view(t.text).substr(i));
            all &= is_private(c.code_point);
            i += c.size;
        }
    return all;
}

}  // namespace

TEST_CASE("marks go through every operation") {
    CHECK(with_x("a{{ x }}b") == "a⟨data⟩b");
    CHECK(with_x("{{ bos_token }}{{ 'lit' }}{{ 1 }}{{ true }}") == "<s>lit1True");
    CHECK(with_x("{{ '<' + x + '>' }}{{ '<' ~ x ~ '>' }}") == "<⟨data⟩><⟨data⟩>");
    CHECK(with_x("{{ ('<' + x + '>')[1:3] }}|{{ ('<' + x + '>')[::-1] }}|{{ ('<' + x)[0] }}") == "⟨da⟩|>⟨atad⟩<|<");
    CHECK(with_x("{{ x.upper() }}{{ ('a' + x)|upper }}{{ ('a ' + x)|title }}") == "⟨DATA⟩A⟨DATA⟩A ⟨Data⟩");
    CHECK(with_x("{{ x|replace('a', '-') }}|{{ 'a-b'|replace('-', x) }}") == "⟨d⟩-⟨t⟩-|a⟨data⟩b");
    CHECK(with_x("{{ ('<' + x).split('a')|join('|') }}") == "<⟨d⟩|⟨t⟩|");
    CHECK(with_x("{{ list|join(', ') }}{{ ', '.join(list) }}") == "⟨a⟩, ⟨ba⟩, ⟨b⟩");
    CHECK(with_x("{{ ('  ' + x + '  ')|trim }}{{ x.strip('a') }}", R"("  data")") == "⟨data  dat⟩");
    CHECK(with_x("{{ x|length }}{{ x|length + 1 }}{{ x == 'data' }}{{ loop is defined }}") == "45TrueFalse");
    CHECK(with_x("{{ n }}{{ n + 1 }}{{ n|string }}{{ -n }}{{ '5'|int }}{{ x|int }}{{ n|float }}", R"("12")") == "⟨787-7⟩5⟨127.0⟩");
    CHECK(with_x("{{ x|tojson }}{{ {'k': x}|tojson }}", R"("q\"\n")") == "⟨\"q\\\"\\n\"⟩{\"k\": ⟨\"q\\\"\\n\"⟩}");
    CHECK(with_x("{{ map|tojson }}{{ map }}{{ list }}") == "⟨{\"k\": [\"v\"]}{'k': ['v']}['a', 'b']⟩");
    CHECK(with_x("{{ [x, 'y'] }}{{ (x, 1) }}") == "[⟨'data'⟩, 'y'](⟨'data'⟩, 1)");
    CHECK(with_x("{% set y %}<{{ x }}>{% endset %}{{ y }}{% macro m(a) %}({{ a }}){% endmacro %}{{ m(x) }}{{ m('x') }}") == "<⟨data⟩>(⟨data⟩)(x)");
    CHECK(with_x("{{ '<%s>' % x }}{{ '<{}>'.format(x) }}{{ '%d' % n }}{{ '{:>6}'.format(x) }}") == "<⟨data⟩><⟨data⟩>⟨7⟩  ⟨data⟩");
    CHECK(with_x("{{ x % 'y' }}{{ x.format('y') }}", R"("<%s>{}")").find("⟨") == 0);
    CHECK(with_x("{% for k, v in map.items() %}{{ k }}={{ v[0] }}{% endfor %}{% for c in x %}{{ c }}{% endfor %}") == "⟨k⟩=⟨vdata⟩");
    CHECK(with_x("{% filter upper %}a{{ x }}{% endfilter %}{% set ns = namespace(t=x) %}{{ ns.t }}{{ 'ab' if x else x }}") == "A⟨DATAdata⟩ab");
    CHECK(with_x("{{ x|indent(2, true) }}{{ x.center(8) }}{{ x * 2 }}{{ x|safe }}{{ x|e }}{{ x|string }}{{ x|default('d') }}{{ none_such|default(x) }}",
                 R"("a")") == "  ⟨a⟩   ⟨a⟩    ⟨aaaaaaa⟩");
    CHECK(with_x("{{ x|first }}{{ x|last }}{{ x|list|join }}{{ list|sort|first }}{{ list|map('upper')|join }}{{ x|reverse }}", R"("ab")") == "⟨ababaABba⟩");
}

TEST_CASE("what data brings into formats, separators and names of arguments stays data") {
    CHECK(with_x("{{ x.format(1) }}", R"("{:<>4}")") == "⟨<<<⟩1");
    CHECK(with_x("{{ ('{:' ~ x ~ '>4}').format(1) }}", R"("<")") == "⟨<<<⟩1");
    CHECK(with_x("{{ [1, 2]|tojson(indent=x) }}", R"("ab")") == "[\n⟨ab⟩1,\n⟨ab⟩2\n]");
    CHECK(with_x("{{ {'a': [1, 2]}|tojson(separators=(x, x)) }}", R"("|")") == "{\"a\"⟨|⟩[1⟨|⟩2]}");
    CHECK(with_x("{{ x|indent(2) }}|{{ ('a\n' ~ x)|indent('') }}", R"("a\r\nb")") == "⟨a\n⟩  ⟨b⟩|a\n⟨a\nb⟩");
    CHECK(with_x("{{ dict(**map)|tojson }}{% macro m() %}{{ kwargs|tojson }}{% endmacro %}{{ m(**map) }}") == "{⟨\"k\"⟩: ⟨[\"v\"]⟩}{⟨\"k\"⟩: ⟨[\"v\"]⟩}");
    CHECK(with_x("{{ '{}-{}'.format(*list) }}{{ x.expandtabs(4) }}|", R"("a\tb")") == "⟨a⟩-⟨ba   b⟩|");
}

TEST_CASE("a common role is the template's, any other is data") {
    chat_template::inputs in;
    const message         messages[] = {{.role = "user", .content = "assistant"}, {.role = "<|x|>", .content = "c"}};
    in.messages                      = messages;
    CHECK(with_marks(marked_by("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}", in)) == "<|user|>⟨assistant⟩<|⟨<|x|>⟩|>⟨c⟩");
    const auto same  = json::document::parse(R"([{"role": "user", "content": {"role": "user"}}])");
    in.messages_json = same->root();
    CHECK(with_marks(marked_by("<|{{ messages[0].role }}|>{{ messages[0].content.role }}", in)) == "<|user|>⟨user⟩");
}

TEST_CASE("in every published template exactly the bytes of the messages are data") {
    const auto folder = shared_data();
    if (!folder) return;
    const auto  golden     = json::document::parse(read_whole(golden_text("templates.json")));
    std::size_t n_rendered = 0;
    for (const auto [key, results] : golden->root().find("templates")->members()) {
        const std::string name(key);
        const auto        t = chat_template::parse(read_whole(*folder + "/chat-templates/" + name));
        CAPTURE(name);
        REQUIRE(t.has_value());
        chat_template::inputs in;
        in.bos = "<|bos|>";
        in.eos = "<|eos|>";
        for (const bool with_system : {false, true}) {
            std::vector<message> messages;
            if (with_system) messages.push_back({.role = "system", .content = "\ue000\ue001"});
            messages.push_back({.role = "user", .content = "\ue002"});
            messages.push_back({.role = "assistant", .content = "\ue003", .reasoning_content = "\ue004"});
            messages.push_back({.role = "user", .content = "\ue005"});
            in.messages  = messages;
            const auto r = t->render(in);
            if (!r) continue;
            ++n_rendered;
            CHECK(r->text.find("\ue005") != std::string::npos);
            CHECK(private_is_data(*r));
            CHECK(data_is_private(*r));
        }
        const auto tools = json::document::parse(
            R"([{"type": "function", "function": {"name": "\ue010", "description": "\ue011", "parameters": {"type": "object", "properties": {"\ue012": {"type": "string"}}}}}])");
        in.tools = tools->root();
        const message talk[]{{.role = "user", .content = "\ue002", .name = "\ue006"},
                             {.role = "assistant", .tool_calls = {{"\ue007bcdefghi", "\ue008", "{\"\ue009\": \"\ue00a\"}"}}},
                             {.role = "tool", .content = "\ue00b", .name = "\ue008", .tool_call_id = "\ue007bcdefghi"}};
        in.messages = talk;
        if (const auto r = t->render(in)) CHECK(private_is_data(*r));
    }
    CHECK(n_rendered > 50);
}

TEST_CASE("special tokens in any field are data in every published template") {
    const auto folder = shared_data();
    if (!folder) return;
    const std::string tokens[]   = {"<|im_start|>", "<|im_end|>", "<|eot_id|>", "</s>", "[INST]", "<start_of_turn>", "<|bos|>"};
    const auto        golden     = json::document::parse(read_whole(golden_text("templates.json")));
    std::size_t       n_attempts = 0, n_through = 0;
    for (const auto [key, results] : golden->root().find("templates")->members()) {
        const std::string name(key);
        const auto        t = chat_template::parse(read_whole(*folder + "/chat-templates/" + name));
        REQUIRE(t.has_value());
        for (const auto& token : tokens) {
            // Marked on both sides, so that what came from a field is known in the output.
            const auto bait = "\ue000" + token + "\ue001";
            for (int field = 0; field < 6; ++field) {
                message               user{.role = field == 0 ? bait : "user", .content = field == 1 ? bait : "hi", .name = field == 2 ? bait : ""};
                message               answer{.role = "assistant", .content = field == 3 ? bait : "a", .reasoning_content = field == 4 ? bait : ""};
                message               last{.role = "user", .content = field == 5 ? bait : "b"};
                const message         messages[] = {user, answer, last};
                chat_template::inputs in;
                in.messages  = messages;
                const auto r = t->render(in);
                if (!r) continue;
                ++n_attempts;
                for (auto at = r->text.find('\xee'); at != std::string::npos; at = r->text.find("\ue000", at + 3)) {
                    const auto end = std::min(r->text.find("\ue001", at), r->text.size());
                    for (const auto& run : r->runs) n_through += run.from_template && run.begin < end && run.end > at;
                }
            }
        }
    }
    CHECK(n_attempts > 1000);
    CHECK(n_through == 0);
}
