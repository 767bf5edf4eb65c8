#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <plume/core/json.hpp>
#include <plume/text/chat_template.hpp>

#include "text/support.hpp"

// Messages that spell special tokens: in every field, whole and cut in two, for every published template and every special token of the vocabularies at hand.

using namespace plume;
using namespace plume::test;

namespace {

struct named_vocabulary {
    tokenizer                words;
    std::vector<std::string> tokens;  // that stand for control tokens
};

named_vocabulary load_vocabulary(const std::string& path) {
    named_vocabulary v{load_tokenizer(path), {}};
    for (token_id id = 0; static_cast<std::size_t>(id) < v.words.vocabulary_size(); ++id)
        if (v.words.is_control(id) && !v.words.token_name(id).empty()) v.tokens.emplace_back(v.words.token_name(id));
    return v;
}

std::vector<named_vocabulary> vocabularies(const std::string& folder) {
    std::vector<named_vocabulary> all;
    for (const auto* name : {"spm", "gpt-2", "llama-bpe", "smollm"}) all.push_back(load_vocabulary(golden_text(std::string(name) + ".gguf")));
    for (const auto* name : {"llama-bpe", "llama-spm", "gpt-2", "phi-3"}) all.push_back(load_vocabulary(folder + "/vocab/" + name + ".gguf"));
    // The tokens of the templates themselves, as control tokens: what an attacker of these models would write.
    auto             w = byte_file({}, "gpt-2", [] {
        std::vector<std::pair<std::string, std::int32_t>> added;
        for (const auto* t : {"<|im_start|>",
                              "<|im_end|>",
                              "<|eot_id|>",
                              "<|start_header_id|>",
                              "<|end_header_id|>",
                              "[INST]",
                              "[/INST]",
                              "<start_of_turn>",
                              "<end_of_turn>",
                              "<|user|>",
                              "<|assistant|>",
                              "<|system|>",
                              "<|tool|>",
                              "<tool_call>",
                              "</tool_call>",
                              "<think>",
                              "</think>",
                              "<|turn>",
                              "<turn|>",
                              "<|channel|>",
                              "<|message|>",
                              "<|START_OF_TURN_TOKEN|>",
                              "<|END_OF_TURN_TOKEN|>",
                              "[TOOL_CALLS]"})
            added.emplace_back(t, control);
        return added;
    }());
    named_vocabulary v{load_good(w), {}};
    for (token_id id = 0; static_cast<std::size_t>(id) < v.words.vocabulary_size(); ++id)
        if (v.words.is_control(id)) v.tokens.emplace_back(v.words.token_name(id));
    all.push_back(std::move(v));
    return all;
}

std::size_t controls(const tokenizer& t, const result<std::vector<token_id>>& encoded_text) {
    if (!encoded_text) FAIL(encoded_text.error().message());
    return static_cast<std::size_t>(std::count_if(encoded_text->begin(), encoded_text->end(), [&](token_id id) { return t.is_control(id); }));
}

/// Control tokens of the template's own text, run by run: none of them holds a byte of a message.
std::size_t meant(const tokenizer& t, const marked_text& text) {
    std::size_t n = 0;
    for (const auto& run : text.runs)
        if (run.from_template)
            n += controls(t, t.encode(std::string_view(text.text).substr(run.begin, run.end - run.begin), {.add_bos = false, .parse_special = true}));
    return n;
}

/// Places where the token's text stands with a byte of a message in it.
std::size_t attempts_in(const marked_text& text, const std::string& token) {
    std::size_t n = 0, r = 0;
    for (auto at = text.text.find(token); at != std::string::npos; at = text.text.find(token, at + 1)) {
        while (r < text.runs.size() && text.runs[r].end <= at) ++r;
        n += !text.runs[r].from_template || text.runs[r].end < at + token.size();
    }
    return n;
}

std::string in_json(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out;
}

/// A talk whose every field holds the token, whole or in two halves that meet where two fields do.
std::vector<message> talk_with(const std::string& token, bool halves, bool in_role) {
    const auto        half  = token.size() / 2;
    const std::string first = halves ? token.substr(0, half) : token, second = halves ? token.substr(half) : token;
    const auto        call = tool_call{"call" + token, first, R"({"a": ")" + in_json(second) + R"(", ")" + in_json(token) + R"(": 1})"};
    return {{.role = "system", .content = second + " be good " + first},
            {.role = in_role ? token : "user", .content = second + "hi" + token + token + first, .name = first},
            {.role = "assistant", .content = second + token, .reasoning_content = token + first, .tool_calls = {call}},
            {.role = "tool", .content = token + "\n" + second, .name = first, .tool_call_id = "call" + token},
            {.role = "user", .content = second + token + first}};
}

struct counts {
    std::size_t attempts = 0, found = 0, would_be = 0;
};

void try_token(const chat_template& t, const named_vocabulary& v, const std::string& token, std::size_t turn, counts& n) {
    const auto tools = json::document::parse(R"([{"type": "function", "function": {"name": ")" + in_json(token) + R"(", "description": ")" + in_json(token) +
                                             R"(", "parameters": {"type": "object", "properties": {")" + in_json(token) + R"(": {"type": "string"}}}}}])");
    chat_template::inputs in;
    if (tools && turn % 3 == 0) in.tools = tools->root();
    in.bos      = v.words.token_name(v.words.bos());
    in.eos      = v.words.token_name(v.words.eos());
    auto all    = talk_with(token, turn % 2 == 1, turn % 5 == 0);
    in.messages = all;
    auto text   = t.render(in);
    if (!text) {  // many templates know four roles, and some no system, no tools or no second user in a row
        all                  = talk_with(token, turn % 2 == 1, false);
        const message mild[] = {all[1], {.role = "assistant", .content = all[2].content}, all[4]};
        in.messages          = mild;
        text                 = t.render(in);
        if (!text) return;
    }
    n.attempts += attempts_in(*text, token);
    const auto n_controls = controls(v.words, v.words.encode(*text, false)), own = meant(v.words, *text);
    n.found += n_controls > own ? n_controls - own : own - n_controls;
    const marked_text unmarked{text->text, {{0, text->text.size(), true}}};
    n.would_be += turn % 16 == 0 ? controls(v.words, v.words.encode(unmarked, false)) - own : 0;
}

}  // namespace

TEST_CASE("of 100,000 injection attempts none yields a control token") {
    const auto folder = shared_data();
    if (!folder) return;
    const auto  all = vocabularies(*folder);
    counts      n;
    std::size_t turn = 0;
    for (const auto& entry : std::filesystem::directory_iterator(*folder + "/chat-templates")) {
        const auto t = chat_template::parse(read_whole(entry.path().string()));
        REQUIRE(t.has_value());
        for (const auto& v : all)
            for (const auto& token : v.tokens) try_token(*t, v, token, turn++, n);
    }
    MESSAGE(n.attempts << " attempts, " << n.found << " control tokens from message text; " << n.would_be << " without marks in a sixteenth of them");
    CHECK(n.attempts > 100'000);
    CHECK(n.found == 0);
    CHECK(n.would_be > n.attempts / 40);  // the texts could have become them
}
