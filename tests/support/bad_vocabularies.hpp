#pragma once

#include <cmath>

#include "support/bad_hyper_parameters.hpp"

// Tables of tokens that contradict themselves, or that are of a wrong type. Failure classes 6 and 7.

namespace plume::test {

namespace bad_detail {

inline constexpr auto spm = tiny_vocabulary::sentencepiece, byte_level = tiny_vocabulary::byte_level;

/// The texts of an array of strings of the writer.
inline std::vector<std::string> texts_of(gguf_writer& w, std::string_view key) {
    const auto&              b = w.find(key)->value;
    std::vector<std::string> texts;
    for (std::size_t at = 12; at < b.size();) {
        std::uint64_t n = 0;
        std::memcpy(&n, b.data() + at, sizeof n);
        texts.emplace_back(reinterpret_cast<const char*>(b.data()) + at + sizeof n, n);
        at += sizeof n + n;
    }
    return texts;
}

inline constexpr const char* key_tokens = "tokenizer.ggml.tokens";
inline constexpr const char* key_merges = "tokenizer.ggml.merges";
inline constexpr const char* key_types  = "tokenizer.ggml.token_type";
inline constexpr const char* key_scores = "tokenizer.ggml.scores";

inline void change_token(gguf_writer& w, std::size_t id, const std::string& text) {
    auto tokens = texts_of(w, key_tokens);
    tokens[id]  = text;
    w.set(key_tokens, tokens);
}

/// Every tokenizer key with every type that it must not have.
inline void add_wrong_types(std::vector<bad_file>& all) {
    struct key_facts {
        const char*     key;
        std::string     right;  // its type; an array's element type behind "array of "
        refused_by      by;
        tiny_vocabulary vocabulary;
    };
    constexpr auto  model = refused_by::model, maybe = refused_by::maybe;
    const key_facts keys[] = {
        {"tokenizer.ggml.model", "string", model, spm},
        {"tokenizer.ggml.tokens", "array of string", model, spm},
        {"tokenizer.ggml.scores", "array of f32", model, spm},
        {"tokenizer.ggml.token_type", "array of i32", model, spm},
        {"tokenizer.ggml.bos_token_id", "u32", maybe, spm},
        {"tokenizer.ggml.eos_token_id", "u32", maybe, spm},
        {"tokenizer.ggml.unknown_token_id", "u32", maybe, spm},
        {"tokenizer.ggml.padding_token_id", "u32", maybe, spm},
        {"tokenizer.ggml.seperator_token_id", "u32", maybe, spm},
        {"tokenizer.ggml.add_bos_token", "boolean", maybe, spm},
        {"tokenizer.ggml.add_eos_token", "boolean", maybe, spm},
        {"tokenizer.ggml.add_space_prefix", "boolean", maybe, spm},
        {"tokenizer.ggml.remove_extra_whitespaces", "boolean", maybe, spm},
        {"tokenizer.ggml.eot_token_id", "u32", maybe, spm},
        {"tokenizer.ggml.eom_token_id", "u32", maybe, spm},
        {"tokenizer.ggml.precompiled_charsmap", "array of u8", maybe, spm},
        {"tokenizer.chat_template", "string", maybe, spm},
        {"tokenizer.ggml.pre", "string", model, byte_level},
        {"tokenizer.ggml.merges", "array of string", model, byte_level},
        {"tokenizer.ggml.token_type", "array of i32", model, byte_level},
        {"tokenizer.ggml.tokens", "array of string", model, byte_level},
    };
    for (const auto& k : keys)
        for (auto& v : values_of_every_type()) {
            if (k.right == v.name) continue;
            const std::string key = k.key;
            // Integers of other widths may be taken; an empty array has the right type, or contradicts the tokens.
            const bool integers = is_integer_type(v.type) || v.name == std::string("array of u8") || v.name == std::string("array of u64");
            const auto by       = integers || std::string(v.name).starts_with("empty") ? refused_by::maybe : k.by;
            add(
                all, key + (k.vocabulary == spm ? "" : " (byte-level)") + " of type " + v.name, by, by == model ? key : "",
                [key, v](gguf_writer& w) { w.set_raw(key, v.type, v.bytes); }, k.vocabulary);
        }
}

inline void add_tables(std::vector<bad_file>& all) {
    constexpr auto model = refused_by::model, maybe = refused_by::maybe;
    for (const auto kind : {spm, byte_level}) {
        const std::string of = kind == spm ? "" : " (byte-level)";
        add(
            all, "no tokens" + of, model, key_tokens, [](gguf_writer& w) { w.erase(key_tokens); }, kind);
        add(
            all, "an empty vocabulary" + of, model, "", [](gguf_writer& w) { w.set(key_tokens, std::vector<std::string>{}); }, kind);
        add(
            all, "a vocabulary of one token" + of, model, "", [](gguf_writer& w) { w.set(key_tokens, std::vector<std::string>{"a"}); }, kind);
        add(
            all, "a vocabulary one token short" + of, model, "",
            [](gguf_writer& w) {
                auto tokens = texts_of(w, key_tokens);
                tokens.pop_back();
                w.set(key_tokens, tokens);
            },
            kind);
        add(
            all, "a vocabulary one token too long" + of, model, "",
            [](gguf_writer& w) {
                auto tokens = texts_of(w, key_tokens);
                tokens.push_back("one more");
                w.set(key_tokens, tokens);
            },
            kind);
        add(
            all, "types one too few" + of, model, "token_type", [](gguf_writer& w) { w.set(key_types, std::vector<std::int32_t>(299, 1)); }, kind);
        add(
            all, "types one too many" + of, model, "token_type", [](gguf_writer& w) { w.set(key_types, std::vector<std::int32_t>(301, 1)); }, kind);
        add(
            all, "no types" + of, maybe, "", [](gguf_writer& w) { w.erase(key_types); }, kind);
        for (const int type : {-1, 0, 7, 99, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()})
            add(
                all, "tokens of type " + std::to_string(type) + of, maybe, "",
                [type](gguf_writer& w) { w.set(key_types, std::vector<std::int32_t>(300, type)); }, kind);
        for (const int type : {2, 3, 4, 5, 6})
            add(
                all, "all tokens of type " + std::to_string(type) + of, maybe, "",
                [type](gguf_writer& w) { w.set(key_types, std::vector<std::int32_t>(300, type)); }, kind);
        add(
            all, "all tokens the same" + of, maybe, "", [](gguf_writer& w) { w.set(key_tokens, std::vector<std::string>(300, "a")); }, kind);
        add(
            all, "all tokens empty" + of, maybe, "", [](gguf_writer& w) { w.set(key_tokens, std::vector<std::string>(300)); }, kind);
        add(
            all, "no tokenizer model" + of, model, "tokenizer.ggml.model", [](gguf_writer& w) { w.erase("tokenizer.ggml.model"); }, kind);
        for (const auto* name : {"rwkv", "plamo2", "", "LLAMA", "\x1b[1m"})
            add(
                all, "tokenizer model '" + printable(name) + '\'' + of, model, "", [name](gguf_writer& w) { w.set("tokenizer.ggml.model", name); }, kind);
        add(
            all, "the other kind of tokenizer" + of, maybe, "", [kind](gguf_writer& w) { w.set("tokenizer.ggml.model", kind == spm ? "gpt2" : "llama"); },
            kind);
    }
    add(all, "scores one too few", model, "scores", [](gguf_writer& w) { w.set(key_scores, std::vector<float>(299)); });
    add(all, "scores one too many", model, "scores", [](gguf_writer& w) { w.set(key_scores, std::vector<float>(301)); });
    add(all, "no scores", maybe, "", [](gguf_writer& w) { w.erase(key_scores); });
    add(all, "scores of NaN", maybe, "", [](gguf_writer& w) { w.set(key_scores, std::vector<float>(300, std::nanf(""))); });
    add(all, "scores of infinity", maybe, "", [](gguf_writer& w) { w.set(key_scores, std::vector<float>(300, std::numeric_limits<float>::infinity())); });
    add(all, "equal scores", maybe, "", [](gguf_writer& w) { w.set(key_scores, std::vector<float>(300, 1.0f)); });
}

inline void add_texts(std::vector<bad_file>& all) {
    using namespace std::string_literals;
    const auto text = [&](const std::string& name, const std::string& token) {
        for (const auto kind : {spm, byte_level})
            add(
                all, "a token that is " + name + (kind == spm ? "" : " (byte-level)"), refused_by::maybe, "",
                [token](gguf_writer& w) { change_token(w, 270, token); }, kind);
    };
    text("empty", "");
    text("a zero byte", "\0"s);
    text("invalid UTF-8", "\xff\xfe");
    text("overlong UTF-8", "\xc0\xaf");
    text("a surrogate in UTF-8", "\xed\xa0\x80");
    text("beyond Unicode", "\xf4\x90\x80\x80");
    text("a cut character", "\xe2\x82");
    text("a continuation byte", "\x80");
    text("64 KiB long", std::string(65'536, 'a'));
    text("1 MiB long", std::string(std::size_t{1} << 20, 'a'));
    text("1 MiB of invalid UTF-8", std::string(std::size_t{1} << 20, '\xf0'));
    text("16 MiB long", std::string(std::size_t{16} << 20, 'a'));
    text("another one again", "the");
    text("an escape sequence", "\x1b]52;c;cm0=\x07");
    text("a space", " ");
    text("the mark for a space", "\xe2\x96\x81");

    // Byte tokens: id 3 is <0x00>.
    for (const auto* body : {"-1", "+1", " 1", "1 ", "GG", "", "1", "100", "0x", "ff", "Ff", "\xc3\xa9", "\xff\xff"})
        add(all, std::string("a byte token <0x") + printable(body) + '>', refused_by::maybe, "",
            [body](gguf_writer& w) { change_token(w, 3, std::string("<0x") + body + '>'); });
    for (const auto* token : {"<0X41>", "<0x41", "0x41>", "<0x41>>", "hello", "<", ""})
        add(all, std::string("a byte token '") + token + '\'', refused_by::maybe, "", [token](gguf_writer& w) { change_token(w, 3, token); });
    add(all, "a byte token twice", refused_by::maybe, "", [](gguf_writer& w) { change_token(w, 3, "<0x41>"); });
    add(all, "a vocabulary without byte tokens", refused_by::maybe, "", [](gguf_writer& w) { w.set(key_types, std::vector<std::int32_t>(300, 1)); });
    add(all, "byte tokens with all 65,536 bodies of two characters", refused_by::maybe, "", [](gguf_writer& w) {
        std::vector<std::string> tokens;
        for (int i = 0; i < 65'536; ++i) tokens.push_back({'<', '0', 'x', static_cast<char>(i >> 8), static_cast<char>(i & 255), '>'});
        w.set(key_tokens, tokens).set(key_types, std::vector<std::int32_t>(65'536, 6)).set(key_scores, std::vector<float>(65'536));
        w.set("llama.vocab_size", 65'536u);
        auto& embedding   = *w.find_tensor("token_embd.weight");
        embedding.dims[1] = 65'536;
        embedding.data.resize(65'536 * 32 * 4);
    });
}

inline void add_special_ids(std::vector<bad_file>& all) {
    for (const auto* id : {"bos", "eos", "unknown", "padding", "eot", "eom", "seperator", "mask", "cls"}) {
        const auto key = std::string("tokenizer.ggml.") + id + "_token_id";
        const auto put = [&](const char* what, auto value) {
            for (const auto kind : {spm, byte_level})
                add(
                    all, key + " of " + what + (kind == spm ? "" : " (byte-level)"), refused_by::maybe, "", [key, value](gguf_writer& w) { w.set(key, value); },
                    kind);
        };
        put("V", std::uint32_t{300});
        put("2^31", std::uint32_t{1} << 31);
        put("2^32 - 1", std::uint32_t{0xffff'ffff});
        put("-1", std::int32_t{-1});
        put("-2^31", std::numeric_limits<std::int32_t>::min());
        put("2^32, as u64", std::uint64_t{1} << 32);
        put("2^64 - 1, as u64", std::numeric_limits<std::uint64_t>::max());
        put("-2^63, as i64", std::numeric_limits<std::int64_t>::min());
        add(all, "no " + key, refused_by::maybe, "", [key](gguf_writer& w) { w.erase(key); });
    }
}

inline void add_merges(std::vector<bad_file>& all) {
    using namespace std::string_literals;
    constexpr auto maybe  = refused_by::maybe;
    const auto     merges = [&](std::string name, std::vector<std::string> list) {
        add(
                all, std::move(name), maybe, "", [list](gguf_writer& w) { w.set(key_merges, list); }, byte_level);
    };
    add(
        all, "no merges", maybe, "", [](gguf_writer& w) { w.erase(key_merges); }, byte_level);
    merges("an empty list of merges", {});
    merges("a merge of unknown tokens", {"qqqq zzzz"});
    merges("a merge whose left is unknown", {"qqqq e"});
    merges("a merge whose result is no token", {"q z"});
    merges("a merge without a space", {"he"});
    merges("a merge with two spaces", {"h e l"});
    merges("a merge of two spaces", {"  "});
    merges("a merge of one space", {" "});
    merges("an empty merge", {""});
    merges("a merge that ends in its space", {"h "});
    merges("a merge that begins with its space", {" e"});
    merges("a merge of a zero byte", {"h \0"s});
    merges("a merge of invalid UTF-8", {"\xff \xfe"});
    merges("a merge of 1 MiB", {std::string(std::size_t{1} << 20, 'h') + ' ' + std::string(std::size_t{1} << 20, 'e')});
    merges("a merge twice", {"h e", "h e"});
    merges("100,000 times the same merge", std::vector<std::string>(100'000, "h e"));
    add(all, "merges in a SentencePiece vocabulary", maybe, "", [](gguf_writer& w) { w.set(key_merges, std::vector<std::string>{"h e"}); });
    const auto pre = [&](std::string shown, std::string name, std::string find) {
        add(
            all, "pre-tokenizer " + shown, refused_by::model, std::move(find), [name](gguf_writer& w) { w.set("tokenizer.ggml.pre", name); }, byte_level);
    };
    pre("unknown", "nonsense-9000", "nonsense-9000");
    pre("in capitals", "GPT-2", "GPT-2");
    pre("of control characters", "\x1b[2Jgpt-2", "\\x1b");
    pre("of 64 KiB", std::string(65'536, 'p'), "...");
    add(
        all, "an empty pre-tokenizer", maybe, "", [](gguf_writer& w) { w.set("tokenizer.ggml.pre", ""); }, byte_level);
    add(
        all, "no pre-tokenizer", maybe, "", [](gguf_writer& w) { w.erase("tokenizer.ggml.pre"); }, byte_level);
    add(all, "a normalisation table that is cut", maybe, "", [](gguf_writer& w) {
        w.set("tokenizer.ggml.precompiled_charsmap", std::vector<std::uint8_t>{0xff, 0xff, 0xff, 0x7f, 1});
    });
    add(all, "a chat template of 1 MiB", maybe, "", [](gguf_writer& w) { w.set("tokenizer.chat_template", std::string(std::size_t{1} << 20, '{')); });
}

}  // namespace bad_detail

inline void add_bad_vocabularies(std::vector<bad_file>& all) {
    bad_detail::add_wrong_types(all);
    bad_detail::add_tables(all);
    bad_detail::add_texts(all);
    bad_detail::add_special_ids(all);
    bad_detail::add_merges(all);
}

}  // namespace plume::test
