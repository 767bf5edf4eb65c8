#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <plume/core/json.hpp>
#include <plume/core/utf8.hpp>
#include <plume/text/chat_template.hpp>

// A template, and behind a zero byte JSON for its variables. What it prints must be valid UTF-8 whose runs have no gaps.

namespace {

using namespace plume;

[[noreturn]] void wrong() { std::abort(); }

void check(const marked_text& t) {
    std::size_t at = 0;
    for (const auto& run : t.runs) {
        if (run.begin != at || run.end <= run.begin) wrong();
        at = run.end;
    }
    if (at != t.text.size() || utf8::first_invalid(t.text) != std::string_view::npos) wrong();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::string_view usual =
        R"({"messages": [{"role": "user", "content": "a \"b\" <c>"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"x": [1, 2.5, null]}}}]}],
                                         "s": "Straße", "n": 3, "l": [3, 1, 2], "d": {"k": "v"}})";
    constexpr template_limits limits = {.steps = 200'000, .output_bytes = 1 << 20, .memory_bytes = 8 << 20};
    const std::string_view    all(reinterpret_cast<const char*>(data), size);
    const auto                zero   = std::min(all.find('\0'), all.size());
    const auto                source = all.substr(0, zero);
    const auto                given  = zero < all.size() ? json::document::parse(all.substr(zero + 1)) : json::document::parse(usual);
    const auto                t      = chat_template::parse(source, limits);
    if (!t) {
        if (t.error().message().empty()) wrong();
        return 0;
    }
    chat_template::inputs in;
    in.now = chat_template::time{};
    if (given && given->root().is(json::kind::object)) in.variables = given->root();
    const auto r = t->render(in);
    if (r)
        check(*r);
    else if (r.error().message().empty())
        wrong();
    return 0;
}
