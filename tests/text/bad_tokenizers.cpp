#include <string>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

// Files tokenizer.json and tekken.json that contradict themselves, or ask for what does not run: one change each to a file that loads.

namespace {

const std::string good_json = R"({"version":"1.0","truncation":null,"padding":null,
"added_tokens":[{"id":4,"content":"<e>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
"normalizer":null,
"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
"post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<e>","type_id":0}}],"pair":[],"special_tokens":{"<e>":{"id":"<e>","ids":[4],"tokens":["<e>"]}}},
"decoder":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},
"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,
"vocab":{"a":0,"b":1,"ab":2,"abb":3},"merges":["a b",["ab","b"]]}})";

const std::string good_tekken =
    R"({"config":{"pattern":"[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
"num_vocab_tokens":3,"default_vocab_size":7,"default_num_special_tokens":4,"version":"v3"},
"vocab":[{"rank":0,"token_bytes":"YQ==","token_str":"a"},{"rank":1,"token_bytes":"Yg==","token_str":"b"},{"rank":2,"token_bytes":"YWI=","token_str":"ab"}]})";

struct change {
    std::string_view name, from, to;
    code             expected;
    std::string_view word;  // of the message
};

const change json_changes[] = {
    {"cut short", "\"merges\":[\"a b\",[\"ab\",\"b\"]]}}", "\"merges\":[", code::format_invalid, "line"},
    {"no model", "\"model\":{", "\"other\":{", code::format_unknown, "model"},
    {"a model that is a list", "\"model\":{\"type\":\"BPE\",", "\"model\":[],\"old\":{\"type\":\"BPE\",", code::format_invalid, "model"},
    {"an unknown model", "\"type\":\"BPE\"", "\"type\":\"Genius\"", code::format_unsupported, "Genius"},
    {"a vocabulary that is a list", "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"abb\":3}", "\"vocab\":[\"a\"]", code::format_invalid, "model.vocab"},
    {"no vocabulary", "\"vocab\":{", "\"words\":{", code::format_invalid, "model.vocab"},
    {"an empty vocabulary", "\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"abb\":3},\"merges\":[\"a b\",[\"ab\",\"b\"]]", "\"vocab\":{},\"merges\":[\"a b\"]",
     code::format_invalid, "a"},
    {"an id that is a text", "\"ab\":2", "\"ab\":\"2\"", code::format_invalid, "model.vocab"},
    {"a negative id", "\"ab\":2", "\"ab\":-2", code::format_invalid, "-2"},
    {"an id of 2^40", "\"abb\":3", "\"abb\":1099511627776", code::format_limit, "max_tokens"},
    {"an id of a fraction", "\"ab\":2", "\"ab\":2.5", code::format_invalid, "model.vocab"},
    {"an id twice", "\"ab\":2", "\"ab\":1", code::format_invalid, "1"},
    {"a name twice", "\"b\":1", "\"a\":1", code::format_invalid, "line"},
    {"a merge that is a number", "\"a b\"", "7", code::format_invalid, "model.merges[0]"},
    {"a merge of one token", "\"a b\"", "\"ab\"", code::format_invalid, "model.merges[0]"},
    {"a merge of three tokens", "[\"ab\",\"b\"]", "[\"a\",\"b\",\"b\"]", code::format_invalid, "model.merges[1]"},
    {"a merge with a number in it", "[\"ab\",\"b\"]", "[\"ab\",1]", code::format_invalid, "model.merges[1]"},
    {"a merge of an unknown token", "[\"ab\",\"b\"]", "[\"ab\",\"z\"]", code::format_invalid, "model.merges[1]"},
    {"a merge that makes no token", "[\"ab\",\"b\"]", "[\"b\",\"a\"]", code::format_invalid, "model.merges[1]"},
    {"no merges", "\"merges\"", "\"murges\"", code::format_invalid, "model.merges"},
    {"dropout", "\"dropout\":null", "\"dropout\":0.1", code::format_unsupported, "model.dropout"},
    {"a prefix of pieces within words", "\"continuing_subword_prefix\":null", "\"continuing_subword_prefix\":\"##\"", code::format_unsupported, "##"},
    {"a suffix of words", "\"end_of_word_suffix\":null", "\"end_of_word_suffix\":\"</w>\"", code::format_unsupported, "</w>"},
    {"an unknown token that is none", "\"unk_token\":null", "\"unk_token\":\"<unk>\"", code::format_invalid, "<unk>"},
    {"a flag that is a number", "\"byte_fallback\":false", "\"byte_fallback\":0", code::format_invalid, "model.byte_fallback"},
    {"added tokens that are an object", "\"added_tokens\":[{", "\"added_tokens\":{\"x\":[],\"y\":{", code::format_invalid, "line"},
    {"an added token that is a text", "\"added_tokens\":[", "\"added_tokens\":[\"<e>\",", code::format_invalid, "added_tokens[0]"},
    {"an added token without id", "{\"id\":4,", "{", code::format_invalid, "added_tokens[0].id"},
    {"an added token without content", "\"content\":\"<e>\",", "", code::format_invalid, "added_tokens[0].content"},
    {"an added token with the id of another", "{\"id\":4,", "{\"id\":1,", code::format_invalid, "added_tokens[0].id"},
    {"an added token with another id than the vocabulary's", "\"content\":\"<e>\"", "\"content\":\"ab\"", code::format_invalid, "added_tokens[0].id"},
    {"an added token far away", "{\"id\":4,", "{\"id\":4000000000,", code::format_limit, "added_tokens[0].id"},
    {"an unknown normaliser", "\"normalizer\":null", "\"normalizer\":{\"type\":\"Shout\"}", code::format_unsupported, "Shout"},
    {"a normaliser without type", "\"normalizer\":null", "\"normalizer\":{}", code::format_invalid, "normalizer.type"},
    {"a normaliser that is a text", "\"normalizer\":null", "\"normalizer\":\"NFC\"", code::format_invalid, "normalizer"},
    {"an unknown pre-tokenizer", "\"pre_tokenizer\":{\"type\":\"ByteLevel\"", "\"pre_tokenizer\":{\"type\":\"Dice\"", code::format_unsupported, "Dice"},
    {"a Sequence without steps", "\"pre_tokenizer\":{\"type\":\"ByteLevel\"", "\"pre_tokenizer\":{\"type\":\"Sequence\"", code::format_invalid,
     "pre_tokenizer.pretokenizers"},
    {"an unknown post-processor", "\"type\":\"TemplateProcessing\"", "\"type\":\"Confetti\"", code::format_unsupported, "Confetti"},
    {"a template without its text", "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}},", "", code::format_invalid, "post_processor.single"},
    {"a template with a token that it does not list", "{\"SpecialToken\":{\"id\":\"<e>\"", "{\"SpecialToken\":{\"id\":\"<f>\"", code::format_invalid, "<f>"},
    {"a template with an id outside the vocabulary", "\"ids\":[4]", "\"ids\":[5]", code::format_invalid, "5"},
    {"an unknown decoder", "\"decoder\":{\"type\":\"ByteLevel\"", "\"decoder\":{\"type\":\"Riddle\"", code::format_unsupported, "Riddle"},
};

const change tekken_changes[] = {
    {"no vocabulary size", "\"default_vocab_size\":7,", "", code::format_invalid, "config.default_vocab_size"},
    {"a vocabulary smaller than its special tokens", "\"default_vocab_size\":7", "\"default_vocab_size\":4", code::format_invalid, "config.default_vocab_size"},
    {"a vocabulary larger than its tokens", "\"default_vocab_size\":7", "\"default_vocab_size\":8", code::format_invalid, "vocab"},
    {"a vocabulary of 2^40", "\"default_vocab_size\":7", "\"default_vocab_size\":1099511627776", code::format_limit, "max_tokens"},
    {"a negative number of special tokens", "\"default_num_special_tokens\":4", "\"default_num_special_tokens\":-4", code::format_limit, "-4"},
    {"an unknown pattern", "\"pattern\":\"[^", "\"pattern\":\"x|[^", code::format_unsupported, "config.pattern"},
    {"a new version without special tokens", "\"version\":\"v3\"", "\"version\":\"v13\"", code::format_invalid, "special_tokens"},
    {"no version", "\"version\":\"v3\"", "\"edition\":\"v3\"", code::format_invalid, "config.version"},
    {"ranks out of order", "\"rank\":1", "\"rank\":2", code::format_invalid, "vocab[1]"},
    {"a token without bytes", "\"token_bytes\":\"Yg==\",", "", code::format_invalid, "vocab[1]"},
    {"a token that is no base64", "\"Yg==\"", "\"Y*==\"", code::format_invalid, "vocab[1]"},
    {"base64 that is cut", "\"Yg==\"", "\"Yg=\"", code::format_invalid, "vocab[1]"},
    {"base64 with bits left over", "\"Yg==\"", "\"Yh==\"", code::format_invalid, "vocab[1]"},
    {"an empty token", "\"Yg==\"", "\"\"", code::format_invalid, "vocab[1]"},
    {"a token that is a number", "{\"rank\":1,\"token_bytes\":\"Yg==\",\"token_str\":\"b\"}", "17", code::format_invalid, "vocab[1]"},
    {"special tokens beyond their number", "\"vocab\":[", "\"special_tokens\":[{\"rank\":4,\"token_str\":\"<x>\",\"is_control\":true}],\"vocab\":[",
     code::format_invalid, "special_tokens[0].rank"},
    {"a special rank twice", "\"vocab\":[",
     "\"special_tokens\":[{\"rank\":1,\"token_str\":\"<x>\",\"is_control\":true},{\"rank\":1,\"token_str\":\"<y>\",\"is_control\":true}],\"vocab\":[",
     code::format_invalid, "special_tokens[1].rank"},
};

void check(const std::string& good, const change& c) {
    CAPTURE(c.name);
    auto       text = good;
    const auto at   = text.find(c.from);
    REQUIRE(at != std::string::npos);
    text.replace(at, c.from.size(), c.to);
    const auto t = tokenizer::from_json(text, "bad.json");
    REQUIRE_FALSE(t);
    const auto message = t.error().message();
    CAPTURE(message);
    CHECK(t.error().code() == c.expected);
    CHECK(message.starts_with("bad.json: "));
    CHECK(message.find(c.word) != std::string::npos);
}

}  // namespace

TEST_CASE("bad tokenizer.json files are refused with file, place and reason") {
    REQUIRE(tokenizer::from_json(good_json));
    CHECK(ids_of(tokenizer::from_json(good_json).or_throw(), "abb") == std::vector<token_id>{3});
    for (const auto& c : json_changes) check(good_json, c);
}

TEST_CASE("bad tekken.json files are refused with file, place and reason") {
    REQUIRE(tokenizer::from_json(good_tekken));
    CHECK(ids_of(tokenizer::from_json(good_tekken).or_throw(), "ab") == std::vector<token_id>{6});
    for (const auto& c : tekken_changes) check(good_tekken, c);
}

TEST_CASE("every prefix of a tokenizer.json and of a tekken.json is refused, and changing any byte ends in an error or a tokenizer") {
    for (const auto& good : {good_json, good_tekken}) {
        for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(tokenizer::from_json(std::string_view(good).substr(0, n)));
        for (std::size_t i = 0; i < good.size(); ++i)
            for (const char c : {'0', '"', '}', '[', '\x80', '-'}) {
                auto text    = good;
                text[i]      = c;
                const auto t = tokenizer::from_json(text);
                CHECK((t ? t->encode("ab <e> abb").has_value() : !t.error().message().empty()));
            }
    }
}

TEST_CASE("Sequences of steps are bounded in depth and number") {
    const auto with_steps = [](const std::string& steps) {
        auto              text = good_json;
        const std::string key  = "\"normalizer\":null";
        return text.replace(text.find(key), key.size(), "\"normalizer\":" + steps);
    };
    std::string deep, many = R"({"type":"Sequence","normalizers":[)";
    for (int i = 0; i < 50; ++i) deep += R"({"type":"Sequence","normalizers":[)";
    for (int i = 0; i < 50; ++i) deep += "]}";
    for (int i = 0; i < 1000; ++i) many += R"({"type":"Shout"},)";
    many.back() = ']';
    CHECK(tokenizer::from_json(with_steps(deep)).error().code() == code::format_limit);
    CHECK(tokenizer::from_json(with_steps(many + '}')).error().code() == code::format_limit);
}
