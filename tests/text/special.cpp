#include <plume/core/utf8.hpp>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

using ids = std::vector<token_id>;

gguf_writer special_file() {
    return byte_file({"h i", "l o"}, "gpt-2",
                     {{"<|im_start|>", control}, {"<|im_end|>", control}, {"<tool>", user_defined}, {"<tool>s", user_defined}, {"<odd>", unknown}});
}
constexpr token_id hi_id = 256, im_start_id = 258, im_end_id = 259, tool_id = 260, tools_id = 261;

}  // namespace

TEST_CASE("text becomes a control token only with parse_special, and a user-defined token always") {
    const auto t = load_good(special_file());
    CHECK(ids_of(t, "<|im_start|>hi<|im_end|>", true) == ids{im_start_id, hi_id, im_end_id});
    CHECK(ids_of(t, "hi<tool>hi") == ids{hi_id, tool_id, hi_id});
    CHECK(ids_of(t, "hi<tool>sh") == ids{hi_id, tools_id, 'h'});  // the longest
    for (const auto* text : {"<|im_start|>hi<|im_end|>", "<odd>", "</e>", "<<|im_end|>>"}) {
        const auto plain = ids_of(t, text);
        for (const auto id : plain) CHECK_FALSE(t.is_control(id));
        CHECK(*t.decode(plain) == text);
    }
    CHECK(t.is_control(im_end_id));
    CHECK_FALSE(t.is_control(tool_id));
    CHECK_FALSE(t.is_control(-1));
    CHECK_FALSE(t.is_control(100'000));
}

TEST_CASE("of 100,000 random texts of pieces of control tokens none contains one") {
    const auto        byte_level = load_good(special_file());
    const auto        spm        = load_good(spm_file({"\xe2\x96\x81", "<", "s", ">", "/", "s>", "</", "x", "0", "<0", "<0x", "<0x4", "<0x41", "<s"}));
    const std::string parts[]    = {"<|im_", "start|>", "end|>", "<",      "|",   "im", "_end|", ">", "</e>",
                                    "<s>",   "</s>",    "<unk>", "<0x41>", "<0x", "4",  "1>",    " ", "hi"};
    std::uint64_t     state      = 12345;
    std::size_t       n_found    = 0;
    for (int i = 0; i < 50'000; ++i) {
        std::string text;
        for (int k = 0; k < 8; ++k) text += parts[((state = state * 6364136223846793005 + 1442695040888963407) >> 33) % std::size(parts)];
        for (const auto* t : {&byte_level, &spm})
            for (const auto id : ids_of(*t, text)) n_found += t->is_control(id);
    }
    CHECK(n_found == 0);
    CHECK(byte_level.is_control(ids_of(byte_level, "<|im_end|>", true).at(0)));  // and the texts could have
}

TEST_CASE("a merge or a whole word never makes a control token") {
    auto w = byte_file({"< s", "<s >"}, "llama-bpe", {{"<s>x", control}});
    w.set("tokenizer.ggml.token_type", [] {
        std::vector<std::int32_t> types(260, normal);
        types[257] = types[258] = types[259] = control;  // "<s>", the result of the second merge, among them
        return types;
    }());
    std::size_t n_notices = 0;
    const auto  t         = load_tokenizer(w, [&](notice, std::string_view text) { n_notices += text.find("merges") != std::string_view::npos; });
    REQUIRE(t);
    CHECK(n_notices == 1);
    CHECK(ids_of(*t, "<s>") == ids{256, '>'});
    CHECK(ids_of(*t, "<s>", true) == ids{257});
}

TEST_CASE("the beginning: add_bos follows the kind, the file's key, and the caller") {
    auto spm = spm_file({"\xe2\x96\x81", "a",
                         "\xe2\x96\x81"
                         "a"});
    CHECK(load_good(spm).encode("a")->front() == 1);
    CHECK(load_good(spm).encode("")->size() == 1);
    CHECK(load_good(spm).encode("a", {.add_bos = false})->front() == 261);
    CHECK_FALSE(load_good(spm.set("tokenizer.ggml.add_bos_token", false)).wants_bos());

    auto bpe = special_file();
    bpe.set("tokenizer.ggml.bos_token_id", std::uint32_t{im_start_id});
    CHECK_FALSE(load_good(bpe).wants_bos());
    CHECK(load_good(bpe.set("tokenizer.ggml.pre", "llama3")).wants_bos());
    CHECK(load_good(bpe.set("tokenizer.ggml.pre", "gpt-2").set("tokenizer.ggml.add_bos_token", true)).wants_bos());
    CHECK_FALSE(load_good(bpe.erase("tokenizer.ggml.bos_token_id")).wants_bos());  // wanted, but there is none
}

TEST_CASE("the ends: EOS, what the keys name, and what is known by its text") {
    const auto t = load_good(special_file());
    CHECK(t.eos() == 263);
    CHECK(std::vector(t.end_tokens().begin(), t.end_tokens().end()) == ids{263, im_end_id});
    auto named = special_file();
    named.set("tokenizer.ggml.eot_token_id", std::uint32_t{im_start_id});
    CHECK(load_good(named).end_tokens().size() == 3);
    std::size_t n_notices = 0;
    auto        none      = byte_file({"h i"});
    CHECK(load_tokenizer(none.erase("tokenizer.ggml.eos_token_id"), [&](notice n, std::string_view) { n_notices += n == notice::no_end_token; }));
    CHECK(n_notices == 1);
}

TEST_CASE("an end token typed as text is taken as a control token, so that no text becomes it") {
    const auto t = load_good(byte_file({"h i"}, "gpt-2", {{"<|im_end|>", user_defined}}));
    CHECK(t.is_control(257));
    CHECK(ids_of(t, "<|im_end|>").size() == 10);
}

TEST_CASE("broken UTF-8 becomes U+FFFD with a notice of the first bad byte; a byte order mark and CRLF stay") {
    const auto  t = load_good(special_file());
    std::string notice_text;
    const auto  on_notice = [&](notice n, std::string_view text) {
        CHECK(n == notice::text_replaced);
        notice_text = text;
    };
    CHECK(*t.decode(*t.encode("caf\xe9 lo", {}, on_notice)) == "caf\xef\xbf\xbd lo");
    CHECK(notice_text.find("byte 3") != std::string::npos);
    notice_text.clear();
    const std::string marked =
        "\xef\xbb\xbf"
        "a\r\nb\xef\xbb\xbf";
    CHECK(*t.decode(*t.encode(marked, {}, on_notice)) == marked);
    CHECK(notice_text.empty());
}

TEST_CASE("spaces are cleaned up where it is asked for, as transformers does it") {
    const auto t     = load_good(special_file());
    const auto clean = [&](const std::string& text) { return *t.decode(*t.encode(text), {.clean_spaces = true}); };
    // What transformers 5.24 makes of these.
    CHECK(clean("Hello , world !  ? He did n't say 'm ' oh ' , we 've we 're it 's . . .") == "Hello, world! ? He didn't say'm'oh ', we've we're it's...");
    CHECK(clean("a . b") == "a. b");
    CHECK(clean(" '  ' n't") == "''n't");
    CHECK(clean("no change") == "no change");
    CHECK(*t.decode(*t.encode("a . b")) == "a . b");
}

TEST_CASE("decode refuses ids that the vocabulary does not have") {
    const auto t = load_good(special_file());
    for (const token_id id : {-1, 264, 2'147'483'647, -2'147'483'647 - 1}) {
        const auto text = t.decode(ids{hi_id, id});
        REQUIRE_FALSE(text);
        CHECK(text.error().code() == code::token_out_of_range);
        CHECK(t.token_bytes(id).empty());
        CHECK(t.token_name(id).empty());
        CHECK(text_stream(t).push(id).empty());
    }
}

TEST_CASE("control tokens give no text unless shown, and the space that encode adds behind them goes") {
    const auto t    = load_good(spm_file({"\xe2\x96\x81", "a",
                                          "\xe2\x96\x81"
                                             "a"}));
    const auto ids_ = ids_of(t, "a</s> a", true);
    CHECK(ids_ == ids{261, 2, 259, 261});
    CHECK(*t.decode(ids_) == "a a");
    CHECK(*t.decode(ids_, {.show_special = true}) == "a</s> a");
    CHECK(t.token_bytes(2).empty());
    CHECK(t.token_bytes(2, true) == "</s>");
    CHECK(t.token_bytes(261) == " a");
    text_stream first(t), later(t, false, false);
    CHECK(first.push(261) == "a");
    CHECK(later.push(261) == " a");
}

TEST_CASE("a stream never cuts a character") {
    const auto t = load_good(special_file());
    for (const std::string text : {"a\xc3\xa9z", "\xe2\x82\xac", "\xf0\x9f\x98\x81 \xf0\x9f\x98\x81", "hi \xe4\xbb\x8a\xe6\x97\xa5"}) {
        text_stream stream(t);
        std::string all;
        for (const auto id : ids_of(t, text)) {
            const auto piece = stream.push(id);
            CHECK(utf8::first_invalid(piece) == std::string_view::npos);
            all += piece;
        }
        CHECK(all == text);
        CHECK(stream.finish().empty());
    }
    text_stream cut(t);
    CHECK(cut.push(0xf0).empty());
    CHECK(cut.push(0x9f).empty());
    CHECK(cut.push('x') == "\xef\xbf\xbdx");
    CHECK(cut.push(0xe2).empty());
    CHECK(cut.finish() == "\xef\xbf\xbd");
    CHECK(cut.finish().empty());
}
