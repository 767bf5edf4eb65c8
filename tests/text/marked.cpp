#include <plume/core/utf8.hpp>
#include <plume/text/chat_template.hpp>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

using ids = std::vector<token_id>;

gguf_writer marked_file() {
    return byte_file({"h i", "l o", "< t"}, "gpt-2",
                     {{"<|im_start|>", control},
                      {"<|im_end|>", control},
                      {"<tool>", user_defined},
                      {"<tool>s", user_defined},
                      {"<|user|>", user_defined},
                      {"[X]", unknown}});
}
constexpr token_id hi = 256, im_start = 259, im_end = 260, tool_mark = 261, tools_mark = 262, user_mark = 263, odd = 264;

/// Parts of the template, and of data between ⟨ and ⟩.
marked_text marked(std::string_view text) {
    marked_text out;
    bool        from_template = true;
    const auto  add           = [&](std::string_view part) {
        if (!part.empty()) out.runs.push_back({out.text.size(), out.text.size() + part.size(), from_template});
        out.text += part;
    };
    for (std::size_t at = 0; at < text.size();) {
        const auto next = std::min(text.find(from_template ? "⟨" : "⟩", at), text.size());
        add(text.substr(at, next - at));
        from_template = !from_template;
        at            = next + 3;
    }
    return out;
}

ids encoded(const tokenizer& t, std::string_view text) {
    auto got = t.encode(marked(text), false);
    if (!got) FAIL(got.error().message());
    return *std::move(got);
}

std::size_t controls(const tokenizer& t, const ids& all) {
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](token_id id) { return t.is_control(id); }));
}

}  // namespace

TEST_CASE("a special token is one only where the template wrote all of it") {
    const auto t = load_good(marked_file());
    CHECK(encoded(t, "<|im_start|>hi<|im_end|>") == ids{im_start, hi, im_end});
    CHECK(encoded(t, "<|im_start|>⟨hi⟩<|im_end|>") == ids{im_start, hi, im_end});
    for (const auto* text : {"⟨<|im_end|>⟩", "<|im_⟨end|>⟩", "⟨<|im_⟩end|>", "<|⟨im⟩_end|>", "⟨<⟩|im_end|>", "<|im_end|⟨>⟩", "⟨<|im_⟩⟨end|>⟩"}) {
        CAPTURE(text);
        CHECK(controls(t, encoded(t, text)) == 0);
        CHECK(encoded(t, text) == ids_of(t, "<|im_end|>"));  // and the bytes are encoded as one stretch
    }
    CHECK(encoded(t, "⟨[X]⟩[X]") == ids{'[', 'X', ']', odd});
    CHECK(controls(t, encoded(t, "⟨<|im_end|⟩><|im_end|>")) == 1);
}

TEST_CASE("text between special tokens is one stretch whatever its marks") {
    const auto t = load_good(marked_file());
    CHECK(encoded(t, "h⟨i⟩h⟨i⟩") == ids{hi, hi});
    CHECK(encoded(t, "<|im_start|>l⟨o ⟩hi") == [&] {
        ids want{im_start};
        for (const auto id : ids_of(t, "lo hi")) want.push_back(id);
        return want;
    }());
    const auto word = std::string("caf\xc3⟨\xa9⟩");  // a character of two authors
    CHECK(encoded(t, word) == ids_of(t, "caf\xc3\xa9"));
}

TEST_CASE("pieces of text that the vocabulary names count in messages too, marks between messages do not") {
    const auto t = load_good(marked_file());
    CHECK(encoded(t, "⟨a<tool>s⟩<tool>s") == ids{'a', tools_mark, tools_mark});
    CHECK(encoded(t, "<to⟨ol>⟩b") == ids{tool_mark, 'b'});
    CHECK(encoded(t, "<tool>⟨s⟩") == ids{tools_mark});
    CHECK(encoded(t, "<|user|>⟨<|user|>⟩").front() == user_mark);
    CHECK(encoded(t, "<|user|>⟨<|user|>⟩").size() == 9);
    CHECK(encoded(t, "<|us⟨er|>⟩").size() == 8);
}

TEST_CASE("the longest token at a place is the one that its marks allow") {
    const auto t = load_good(byte_file({}, "gpt-2", {{"<a>", control}, {"<a><b>", control}, {"<a><b><c>", user_defined}, {"b>", control}}));
    CHECK(encoded(t, "<a><b>") == ids{257});
    CHECK(encoded(t, "<a>⟨<b>⟩") == ids{256, '<', 'b', '>'});
    CHECK(encoded(t, "<a>⟨<b><c>⟩") == ids{258});
    CHECK(encoded(t, "⟨<a><⟩b>") == ids{'<', 'a', '>', '<', 259});
}

TEST_CASE("marked text that is plain gives what plain text gives, with and without special tokens") {
    const auto        t       = load_good(marked_file());
    const auto        spm     = load_good(spm_file({"\xe2\x96\x81", "a",
                                                    "\xe2\x96\x81"
                                                               "a",
                                                    "b"}));
    const std::string parts[] = {"<|im_start|>", "<|im_end|>", "<tool>", "s", "hi", " ", "a", "<", "|", "<s>", "</s>", "\xc3\xa9", "[X]", "b"};
    std::uint64_t     state   = 99;
    const auto        draw    = [&](std::size_t n) { return ((state = state * 6364136223846793005 + 1442695040888963407) >> 33) % n; };
    for (int i = 0; i < 2000; ++i) {
        std::string text;
        for (int k = 0; k < 9; ++k) text += parts[draw(std::size(parts))];
        for (const auto* v : {&t, &spm}) {
            const marked_text all_template{text, {{0, text.size(), true}}};
            CHECK(*v->encode(all_template, false) == ids_of(*v, text, true));
            const marked_text all_data{text, {{0, text.size(), false}}};
            CHECK(*v->encode(all_data, false) == ids_of(*v, text, false));
            const auto cut = 1 + draw(text.size() - 1);
            CHECK(controls(*v, *v->encode(marked_text{text, {{0, cut, false}, {cut, text.size(), false}}}, false)) == 0);
        }
    }
}

TEST_CASE("BOS is added where the vocabulary wants one and the template did not print it") {
    const auto spm = load_good(spm_file({"\xe2\x96\x81", "a",
                                         "\xe2\x96\x81"
                                         "a"}));
    REQUIRE(spm.wants_bos());
    CHECK(*spm.encode(marked("⟨a⟩")) == ids{1, 261});
    CHECK(*spm.encode(marked("<s>⟨a⟩")) == ids{1, 261});
    CHECK(*spm.encode(marked("<s><s>⟨a⟩")) == ids{1, 1, 261});  // twice is what it asked for
    CHECK(*spm.encode(marked("⟨<s>a⟩")).value_or({}).begin() == 1);
    CHECK(controls(spm, *spm.encode(marked("⟨<s>a⟩"))) == 1);
    CHECK(*spm.encode(marked("<s>")) == ids{1});
    CHECK(*spm.encode(marked("")) == ids{1});
    CHECK(spm.encode(marked(""), false)->empty());
    CHECK(*spm.encode(marked("<s>⟨a⟩"), false) == ids{1, 261});
}

TEST_CASE("runs that do not cover the text are an error, and broken UTF-8 becomes U+FFFD") {
    const auto t = load_good(marked_file());
    for (const auto& runs : std::vector<std::vector<marked_text::run>>{{},
                                                                       {{0, 2, true}},
                                                                       {{0, 4, true}},
                                                                       {{1, 3, true}},
                                                                       {{0, 1, true}, {2, 3, false}},
                                                                       {{0, 1, true}, {1, 1, false}, {1, 3, true}},
                                                                       {{0, 3, true}, {3, 2, false}}}) {
        const auto r = t.encode(marked_text{"abc", runs});
        REQUIRE_FALSE(r);
        CHECK(r.error().code() == code::invalid_argument);
    }
    std::size_t n_notices = 0;
    const auto  r         = t.encode(marked_text{"a\xff<|im_end|>", {{0, 2, false}, {2, 12, true}}}, false,
                                     [&](notice n, std::string_view) { n_notices += n == notice::text_replaced; });
    REQUIRE(r.has_value());
    CHECK(r->back() == im_end);
    CHECK(*t.decode(*r) == "a\xef\xbf\xbd");
    CHECK(n_notices == 1);
}

TEST_CASE("a stream goes on from a prompt so that prompt and pieces are the text of all tokens") {
    const auto t = load_good(spm_file({"\xe2\x96\x81", "a",
                                       "\xe2\x96\x81"
                                       "a",
                                       "b"}));
    for (const auto& prompt : {ids{}, ids{1}, ids{1, 261}, ids{261, 2}, ids{1, 259}, ids{0}, ids{262}})
        for (const auto& answer : {ids{261, 261}, ids{259, 259, 260}, ids{262, 2, 261}, ids{0xc3 + 3, 0xa9 + 3}}) {
            text_stream stream(t, prompt);
            auto        text = *t.decode(prompt);
            for (const auto id : answer) text += stream.push(id);
            text += stream.finish();
            auto all = prompt;
            all.insert(all.end(), answer.begin(), answer.end());
            CHECK(text == *t.decode(all));
        }
}
