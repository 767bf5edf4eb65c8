#include <cmath>
#include <limits>

#include <plume/text/pretokenizers.hpp>

#include "support/tiny_vocabulary.hpp"
#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

/// Loading ends in an error of that code whose message has all the words.
void refuses(const gguf_writer& w, code expected, std::initializer_list<std::string_view> words) {
    const auto t = load_tokenizer(w);
    REQUIRE_FALSE(t);
    const auto message = t.error().message();
    CAPTURE(message);
    CHECK(t.error().code() == expected);
    for (const auto word : words) CHECK(message.find(word) != std::string::npos);
}

const std::vector<std::string> pieces{"\xe2\x96\x81", "a", "b", "ab"};

gguf_writer spm() { return spm_file(pieces); }
gguf_writer bpe() { return byte_file({"h i", "hi s"}); }

constexpr std::string_view scores_key = "tokenizer.ggml.scores", types_key = "tokenizer.ggml.token_type", tokens_key = "tokenizer.ggml.tokens",
                           merges_key = "tokenizer.ggml.merges";

}  // namespace

TEST_CASE("a model or pre-tokenizer that does not run is named, with those that do") {
    refuses(spm().set("tokenizer.ggml.model", "rwkv"), code::format_unsupported, {"rwkv", "llama", "gpt2"});
    refuses(bpe().set("tokenizer.ggml.pre", "qwen9"), code::format_unsupported, {"qwen9", "gpt-2", "llama-bpe", "smollm", "fallback_pretokenizer"});
    refuses(bpe().set("tokenizer.ggml.pre", "a\x1b[31m"), code::format_unsupported, {"a\\x1b[31m"});
    refuses(bpe().erase("tokenizer.ggml.pre"), code::format_unsupported, {"tokenizer.ggml.pre", "gpt-2"});
    refuses(spm().erase("tokenizer.ggml.model"), code::format_invalid, {"tokenizer.ggml.model"});
    for (const auto& entry : text::pretokenizers())
        for (const auto name : entry.names) CHECK(load_tokenizer(bpe().set("tokenizer.ggml.pre", name)));
}

TEST_CASE("tables that are missing, empty or of different lengths are refused") {
    for (const auto key : {tokens_key, scores_key}) refuses(spm().erase(key), code::format_invalid, {key});
    refuses(bpe().erase(merges_key), code::format_invalid, {merges_key});
    refuses(spm().set(tokens_key, std::vector<std::string>{}), code::format_invalid, {tokens_key, "empty"});
    refuses(spm().set(scores_key, std::vector<float>(262)), code::format_invalid, {scores_key, "263", "262"});
    refuses(spm().set(types_key, std::vector<std::int32_t>(264, 1)), code::format_invalid, {types_key, "263", "264"});
}

TEST_CASE("every tokenizer key of every wrong type is an error or a tokenizer, and the tables insist on theirs") {
    const std::string_view keys[]    = {"model",
                                        "pre",
                                        "tokens",
                                        "scores",
                                        "token_type",
                                        "merges",
                                        "bos_token_id",
                                        "eos_token_id",
                                        "eot_token_id",
                                        "eom_token_id",
                                        "unknown_token_id",
                                        "padding_token_id",
                                        "add_bos_token",
                                        "add_space_prefix",
                                        "remove_extra_whitespaces",
                                        "precompiled_charsmap"};
    std::size_t            n_refused = 0, n_all = 0;
    for (const bool byte_level : {false, true})
        for (const auto key : keys)
            for (int type = 0; type < 14; ++type) {
                auto       w    = byte_level ? bpe() : spm();
                const auto name = "tokenizer.ggml." + std::string(key);
                switch (type) {
                    case 0:
                        w.set(name, std::uint8_t{200});
                        break;
                    case 1:
                        w.set(name, std::int8_t{-1});
                        break;
                    case 2:
                        w.set(name, std::uint16_t{60000});
                        break;
                    case 3:
                        w.set(name, std::int16_t{-1});
                        break;
                    case 4:
                        w.set(name, std::uint32_t{4294967295});
                        break;
                    case 5:
                        w.set(name, std::int32_t{-1});
                        break;
                    case 6:
                        w.set(name, 1.5f);
                        break;
                    case 7:
                        w.set(name, true);
                        break;
                    case 8:
                        w.set(name, "text");
                        break;
                    case 9:
                        w.set(name, std::uint64_t{1} << 63);
                        break;
                    case 10:
                        w.set(name, std::vector<std::uint8_t>(263, 7));
                        break;
                    case 11:
                        w.set(name, std::vector<float>(263, 0.5f));
                        break;
                    case 12:
                        w.set(name, std::vector<std::string>(263, "x"));
                        break;
                    default:
                        w.set(name, std::vector<std::int64_t>(263, -1));
                        break;
                }
                const auto t = load_tokenizer(w);
                ++n_all;
                n_refused += !t.has_value();
                CHECK((t ? t->encode("hi a").has_value() : !t.error().message().empty()));
            }
    CHECK(n_refused > n_all / 2);
    refuses(spm().set(scores_key, std::vector<std::uint8_t>(263)), code::format_invalid, {scores_key});  // u8 read as f32 was a field bug elsewhere
    refuses(spm().set(scores_key, std::vector<double>(263)), code::format_invalid, {scores_key});
    refuses(spm().set("tokenizer.ggml.add_bos_token", std::uint32_t{1}), code::format_invalid, {"add_bos_token"});
}

TEST_CASE("special ids outside the vocabulary are refused with the key and both numbers") {
    for (const std::string key : {"bos_token_id", "eos_token_id", "eot_token_id", "eom_token_id", "unknown_token_id"}) {
        refuses(spm().set("tokenizer.ggml." + key, std::uint32_t{263}), code::format_invalid, {key, "263"});
        CHECK(load_tokenizer(spm().set("tokenizer.ggml." + key, std::uint32_t{262})));
    }
    CHECK(load_tokenizer(spm().set("tokenizer.ggml.padding_token_id", std::uint32_t{0xffffffff})));  // "none", in published files
}

TEST_CASE("types, scores and token lengths are checked") {
    auto types = std::vector<std::int32_t>(263, 1);
    types[17]  = 7;
    refuses(spm().set(types_key, types), code::format_invalid, {"tokenizer.ggml.token_type[17]", "7"});
    auto scores = std::vector<float>(263);
    scores[9]   = std::numeric_limits<float>::quiet_NaN();
    refuses(spm().set(scores_key, scores), code::format_invalid, {"tokenizer.ggml.scores[9]"});
    refuses(spm_file({std::string(5000, 'x')}), code::format_limit, {"tokenizer.ggml.tokens[259]", "4096", "5000"});
    CHECK(load_tokenizer(spm_file({"\xff\xfe", "\xc3", ""})));  // tokens need not be UTF-8
}

TEST_CASE("of the 65,536 two-character bodies of a byte token exactly 256 are bytes") {
    std::size_t n_good = 0;
    for (int high = 0; high < 256; ++high)
        for (int low = 0; low < 256; ++low) {
            const std::string name{'<', '0', 'x', static_cast<char>(high), static_cast<char>(low), '>'};
            gguf_writer       w;
            w.set("tokenizer.ggml.model", "llama").set(tokens_key, std::vector<std::string>{name}).set(scores_key, std::vector<float>{0});
            const auto t = load_tokenizer(w.set(types_key, std::vector<std::int32_t>{byte_token}));
            n_good += t.has_value();
            if (t) REQUIRE(t->token_bytes(0).size() == 1);
        }
    CHECK(n_good == 256);
    for (const std::string name : {"<0x-1>", "<0x041>", "<0x4>", "0x41", "<0x41", ""}) {
        gguf_writer w;
        w.set("tokenizer.ggml.model", "llama").set(tokens_key, std::vector<std::string>{name}).set(scores_key, std::vector<float>{0});
        refuses(w.set(types_key, std::vector<std::int32_t>{byte_token}), code::format_invalid, {"tokenizer.ggml.tokens[0]"});
    }
    refuses(spm_file({"<0x41>"}, {byte_token}), code::format_invalid, {"tokenizer.ggml.tokens[259]"});  // twice
}

TEST_CASE("merges that are no pair, or of texts that are no tokens, are refused with their index") {
    for (const std::string bad : {"", " ", "h", "h ", " i", "h i s", "h  i", "h x", "zz i", "h zz"}) {
        auto w = bpe();
        refuses(w.set(merges_key, std::vector<std::string>{"h i", bad}), code::format_invalid, {"tokenizer.ggml.merges[1]"});
    }
}

TEST_CASE("of tokens with one text the first counts, and of equal merges too") {
    const auto t = load_good(spm_file({"\xe2\x96\x81", "a", "a", "aa", "aa"}));
    CHECK(ids_of(t, "aa") == std::vector<token_id>{259, 262});
    const auto b = load_good(byte_file({"h i", "i s", "h i"}));
    CHECK(ids_of(b, "his") == std::vector<token_id>{256, 's'});
}

TEST_CASE("SentencePiece: the leftmost of equal scores, unused pieces fall apart, unknown characters make one token") {
    auto w = spm_file({"\xe2\x96\x81", "a", "b", "ab", "ba"});
    w.set(scores_key, std::vector<float>(264, -1.0f));
    CHECK(ids_of(load_good(w), "aba") == std::vector<token_id>{259, 262, 260});
    const auto falls = load_good(spm_file({"\xe2\x96\x81", "a", "b", "ab", "aba"}, {1, 1, 1, unused, 1}));
    CHECK(ids_of(falls, "ab") == std::vector<token_id>{259, 260, 261});
    CHECK(ids_of(falls, "aba") == std::vector<token_id>{259, 263});  // but they are a step to others
    gguf_writer few;
    few.set("tokenizer.ggml.model", "llama").set(tokens_key, std::vector<std::string>{"<unk>", "a", "\xe2\x96\x81"}).set(scores_key, std::vector<float>(3));
    few.set(types_key, std::vector<std::int32_t>{unknown, normal, normal});
    CHECK(ids_of(load_good(few), "axyza") == std::vector<token_id>{2, 1, 0, 1});
}

TEST_CASE("bytes without a token are left out with a notice, and never become a control token") {
    auto w      = bpe();
    auto tokens = std::vector<std::string>{"a", "b", "<x>"};
    w.set(tokens_key, tokens).set(types_key, std::vector<std::int32_t>{1, 1, control}).set(merges_key, std::vector<std::string>{});
    w.set("tokenizer.ggml.eos_token_id", std::uint32_t{2}).set("tokenizer.ggml.unknown_token_id", std::uint32_t{2});
    std::string said;
    const auto  ids = load_good(w).encode("a?!b", {}, [&](notice, std::string_view text) { said = text; });
    CHECK(*ids == std::vector<token_id>{0, 1});
    CHECK(said.find("2 bytes") == 0);
}

TEST_CASE("a tokenizer says what its tables take") {
    const auto small = load_good(bpe()), large = load_tokenizer(golden_text("gpt-2.gguf"));
    CHECK(small.allocated_bytes() > 263 * 5);
    CHECK(large.allocated_bytes() > small.allocated_bytes());
    CHECK(large.allocated_bytes() < 400'000);  // of which 262,144 for the pairs of bytes
}

TEST_CASE("loading a tokenizer can be stopped") {
    std::stop_source stop;
    stop.request_stop();
    for (const auto& w : {bpe(), spm()}) {
        const auto bytes   = w.build().data;
        const auto stopped = tokenizer::from_gguf(io::gguf::from_memory(std::as_bytes(std::span(bytes))).or_throw(), {}, stop.get_token());
        REQUIRE_FALSE(stopped);
        CHECK(stopped.error().code() == code::cancelled);
    }
}
