#include <filesystem>

#include <plume/core/json.hpp>
#include <plume/text/chat_template.hpp>

#include "support/temporary_folder.hpp"
#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

std::string golden_json(const std::string& name) { return golden_text("json/" + name); }

tokenizer load_file(const std::string& path) {
    auto t = tokenizer::from_file(path);
    if (!t) FAIL(t.error().message());
    return *std::move(t);
}

std::vector<token_id> ids_in(const json::value& list) {
    std::vector<token_id> ids;
    for (const auto& v : list.elements()) ids.push_back(static_cast<token_id>(*v.integer()));
    return ids;
}

std::vector<token_id> encode(const tokenizer& t, std::string_view text, const encode_options& options) {
    auto ids = t.encode(text, options);
    if (!ids) FAIL(ids.error().message());
    return *std::move(ids);
}

const std::string names[] = {"gpt2", "gpt2_prefix", "llama3", "llama2", "gemma", "mistral", "words", "tekken"};

}  // namespace

TEST_CASE("tokenizer.json and tekken.json files give the ids of the libraries that they are from") {
    for (const auto& name : names) {
        CAPTURE(name);
        const auto  t        = load_file(golden_json(name + ".json"));
        const auto  document = json::document::parse(read_whole(golden_json(name + ".ids.json"))).or_throw();
        std::size_t n        = 0;
        for (const auto& row : document.root().find("texts")->elements()) {
            const auto text = *row.find("text")->string();
            CAPTURE(text);
            CHECK(encode(t, text, {.add_bos = false}) == ids_in(*row.find("ids")));
            CHECK(encode(t, text, {.add_bos = true, .parse_special = false, .add_end = true}) == ids_in(*row.find("whole")));
            if (const auto special = row.find("special")) CHECK(encode(t, text, {.add_bos = false, .parse_special = true}) == ids_in(*special));
            ++n;
        }
        CHECK(n >= 40);
    }
}

TEST_CASE("text comes back from files whose normaliser loses nothing") {
    const std::string_view texts[] = {"Hello, world!", " two  spaces ",
                                      "Gr\xc3\xbc\xc3\x9f"
                                      "e \xf0\x9f\x98\x80\n\ttab",
                                      "the word"};
    for (const std::string name : {"llama3", "gemma", "tekken"}) {
        CAPTURE(name);
        const auto t = load_file(golden_json(name + ".json"));
        for (const auto text : texts) CHECK(t.decode(encode(t, text, {.add_bos = false})).or_throw() == text);
    }
    const auto prefixed = load_file(golden_json("llama2.json"));
    CHECK(prefixed.decode(encode(prefixed, "the goods", {})).or_throw() == "the goods");
}

TEST_CASE("a file's kind is found by what is in it, whatever it is called") {
    const temporary_folder folder;
    const auto             copy = [&](const std::string& from, const std::string& to) {
        std::filesystem::copy_file(from, folder.path(to), std::filesystem::copy_options::overwrite_existing);
        return folder.path(to);
    };
    CHECK(load_file(copy(golden_json("gpt2.json"), "a.bin")).kind() == "byte-level BPE");
    CHECK(load_file(copy(golden_json("tekken.json"), "b.bin")).pretokenizer() == "tekken");
    CHECK(load_file(copy(golden_text("gpt-2.gguf"), "c.json")).kind() == "byte-level BPE");
    CHECK(tokenizer::from_file(folder.path("none")).error().code() == code::file_not_found);
    CHECK(tokenizer::from_file(golden_json("gpt2.ids.json")).error().code() == code::format_unknown);
}

TEST_CASE("a folder's configuration names BOS and EOS, says what encode adds, and carries the template") {
    const temporary_folder folder;
    const auto             write = [&](const std::string& name, std::string_view text) { std::ofstream(folder.path(name), std::ios::binary) << text; };
    CHECK(tokenizer::from_folder(folder.path()).error().code() == code::file_not_found);
    std::filesystem::copy_file(golden_json("llama2.json"), folder.path("tokenizer.json"));
    write("tokenizer_config.json", R"({"bos_token": {"content": "<s>"}, "eos_token": "</s>", "chat_template": "{{ bos_token }}one", "add_bos_token": true})");
    auto t = tokenizer::from_folder(folder.path()).or_throw();
    CHECK(t.bos() == 1);
    CHECK(t.eos() == 2);
    CHECK(t.wants_bos());
    CHECK(t.template_source() == "{{ bos_token }}one");
    CHECK(t.end_tokens().size() == 1);
    CHECK(encode(t, "", {.add_bos = true, .parse_special = false, .add_end = true}) == std::vector<token_id>{1, 2});
    write("tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": false, "add_eos_token": false})");
    write("chat_template.jinja", "two");
    t = tokenizer::from_folder(folder.path()).or_throw();
    CHECK(encode(t, "", {.add_bos = true, .parse_special = false, .add_end = true}).empty());
    CHECK(t.template_source() == "two");
    write("tokenizer_config.json", R"({"eos_token": 17})");
    CHECK(tokenizer::from_folder(folder.path()).error().code() == code::format_invalid);
}

TEST_CASE("control tokens of a tokenizer.json do not come from text") {
    for (const auto& name : names) {
        const auto t = load_file(golden_json(name + ".json"));
        for (token_id id = 0; static_cast<std::size_t>(id) < t.vocabulary_size(); ++id) {
            if (!t.is_control(id)) continue;
            const auto text = std::string(t.token_name(id));
            for (const auto& around : {text, "a" + text, text + " b", " " + text})
                for (const auto made : encode(t, around, {.add_bos = false})) CHECK_FALSE(t.is_control(made));
        }
    }
}

TEST_CASE("a pre-tokenizer that no list knows is refused, and a fallback cuts where the caller names one") {
    auto       text = read_whole(golden_json("llama3.json"));
    const auto at   = text.find("{1,3}");
    REQUIRE(at != std::string::npos);
    text.replace(at, 5, "{1,7}");
    const auto refused = tokenizer::from_json(text);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == code::format_unsupported);
    CHECK(refused.error().message().find("{1,7}") != std::string::npos);
    std::string said;
    const auto  t = tokenizer::from_json(text, "x", {.fallback_pretokenizer = "llama-bpe"}, [&](notice, std::string_view note) { said += note; });
    REQUIRE(t);
    CHECK(said.find("fallback") != std::string::npos);
    const auto good = load_file(golden_json("llama3.json"));
    CHECK(encode(*t, "The 12345", {}) == encode(good, "The 12345", {}));
    CHECK(tokenizer::from_json(text, "x", {.fallback_pretokenizer = "nonsense"}).error().code() == code::invalid_argument);
}
