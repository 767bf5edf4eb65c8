#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <plume/core/json.hpp>
#include <plume/core/utf8.hpp>
#include <plume/text/chat_template.hpp>

// A template, and behind a zero byte JSON for its variables. What it prints must be valid UTF-8 whose runs have no gaps. Then the template alone, without
// escapes, over strings of one character that it does not have itself: wherever this comes out, it must be marked as data.

namespace {

using namespace plume;

constexpr std::string_view sentinel = "\xee\x80\x80";  // U+E000, which no change of case and no escape of |e or |tojson touches

constexpr template_limits limits = {.steps = 200'000, .output_bytes = 1 << 20, .memory_bytes = 8 << 20};

[[noreturn]] void wrong() { std::abort(); }

void check(const marked_text& t) {
    std::size_t at = 0;
    for (const auto& run : t.runs) {
        if (run.begin != at || run.end <= run.begin) wrong();
        at = run.end;
    }
    if (at != t.text.size() || utf8::first_invalid(t.text) != std::string_view::npos) wrong();
}

/// Every sentinel is data, whole.
void check_marks(const marked_text& t) {
    auto run = t.runs.begin();
    for (auto at = t.text.find(sentinel); at != std::string::npos; at = t.text.find(sentinel, at + sentinel.size())) {
        while (run->end <= at) ++run;
        if (run->from_template || run->end < at + sentinel.size()) wrong();
    }
}

result<marked_text> render(std::string_view source, const result<json::document>& variables) {
    const auto t = chat_template::parse(source, limits);
    if (!t) return error(t.error());
    chat_template::inputs in;
    in.now = chat_template::time{};
    if (variables && variables->root().is(json::kind::object)) in.variables = variables->root();
    return t->render(in);
}

/// What the template has no own way to write: no backslash for an escape, no sentinel.
std::string without_sentinel(std::string_view source) {
    auto text = utf8::replace_invalid(source);
    std::replace(text.begin(), text.end(), '\\', '/');
    for (auto at = text.find(sentinel); at != std::string::npos; at = text.find(sentinel, at)) text.replace(at, sentinel.size(), "x");
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::string_view usual =
        R"({"messages": [{"role": "user", "content": "a \"b\" <c>"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"x": [1, 2.5, null]}}}]}],
                                         "s": "Straße", "n": 3, "l": [3, 1, 2], "d": {"k": "v"}})";
    constexpr std::string_view sentinels =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"\ue000\ue000\"}, {\"role\": \"\ue000\", \"content\": [{\"type\": \"text\", \"text\": "
        "\"\ue000\"}]},"
        "{\"role\": \"assistant\", \"reasoning_content\": \"\ue000\", \"tool_calls\": [{\"function\": {\"name\": \"\ue000\", \"arguments\": {\"\ue000\": "
        "[\"\ue000\"]}}}]}],"
        "\"s\": \"\ue000\ue000\ue000\", \"n\": 3, \"l\": [\"\ue000\", \"\ue000\ue000\"], \"d\": {\"k\": \"\ue000\", \"\ue000\": \"v\"},"
        "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"\ue000\", \"description\": \"\ue000\", \"parameters\": {\"\ue000\": {}}}}]}";
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const auto             zero   = std::min(all.find('\0'), all.size());
    const auto             source = all.substr(0, zero);
    const auto             r      = render(source, json::document::parse(zero < all.size() ? all.substr(zero + 1) : usual));
    if (r)
        check(*r);
    else if (r.error().message().empty())
        wrong();
    if (const auto marked = render(without_sentinel(source), json::document::parse(sentinels))) {
        check(*marked);
        check_marks(*marked);
    }
    return 0;
}
