#include <algorithm>

#include <nlohmann/json.hpp>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

nlohmann::json cases() { return nlohmann::json::parse(read_whole(golden_text("tokens/cases.json"))); }

tokenizer load_shared(const std::string& name) {
    auto t = tokenizer::from_file(golden_text("tokens/" + name));
    if (!t) FAIL(t.error().message());
    return *std::move(t);
}

/// Calls check(name of a file, its tokenizer, the original's figures) for each file.
template <class Check>
void for_each_file(const nlohmann::json& all, Check check) {
    for (const auto& [original, figures] : all["originals"].items())
        for (const auto& file : figures["files"]) {
            const auto name = file.template get<std::string>();
            CAPTURE(name);
            check(name, load_shared(name), figures);
        }
}

using ids = std::vector<token_id>;

/// The library lets Unigram's search take a special piece for its text, "<unk>" too; here text becomes neither a control token nor the unknown one.
bool is_text(const tokenizer& t, const std::string& text, const ids& all) {
    return std::none_of(all.begin(), all.end(), [&](token_id id) {
        const auto name = t.token_name(id);
        return t.is_control(id) || (name == "<unk>" && text.find(name) != std::string::npos);
    });
}

}  // namespace

TEST_CASE("ids equal those of sentencepiece, tokenizers and mistral-common for every kind of vocabulary file") {
    const auto all   = cases();
    const auto texts = all["texts"].get<std::vector<std::string>>();
    REQUIRE(texts.size() > 60);
    std::size_t n_files = 0, n_texts = 0, n_compared = 0;
    for_each_file(all, [&](const std::string&, const tokenizer& t, const nlohmann::json& figures) {
        ++n_files;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            CAPTURE(texts[i]);
            const auto want = figures["ids"][i].get<ids>();
            ++n_texts;
            if (!is_text(t, texts[i], want)) continue;
            CHECK(ids_of(t, texts[i]) == want);
            ++n_compared;
        }
    });
    CHECK(n_files >= 13);
    CHECK(n_texts - n_compared < 10);
}

TEST_CASE("special tokens written in a text are taken as tokenizers takes them, with the white space that they swallow") {
    const auto  all         = cases();
    const auto  texts       = all["texts"].get<std::vector<std::string>>();
    std::size_t n_different = 0;
    for_each_file(all, [&](const std::string& name, const tokenizer& t, const nlohmann::json& figures) {
        if (!figures.contains("special") || name.ends_with(".gguf")) return;  // GGUF does not say which tokens swallow white space
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto index = std::to_string(i);
            const bool other = figures["special"].contains(index);
            CAPTURE(texts[i]);
            CHECK(ids_of(t, texts[i], true) == (other ? figures["special"][index] : figures["ids"][i]).get<ids>());
            n_different += other;
        }
    });
    CHECK(n_different > 10);
}

TEST_CASE("the tokens that begin and end a text are those of the file's template") {
    const auto all   = cases();
    const auto texts = all["texts"].get<std::vector<std::string>>();
    for_each_file(all, [&](const std::string& name, const tokenizer& t, const nlohmann::json& figures) {
        if (!figures.contains("ends") || name.ends_with(".gguf")) return;
        for (std::size_t i = 0; i < figures["ends"].size(); ++i) {
            CAPTURE(texts[i]);
            if (!is_text(t, texts[i], figures["ids"][i].get<ids>())) continue;
            const auto got = t.encode(texts[i], {.add_bos = true, .add_end = true});
            REQUIRE(got);
            CHECK(*got == figures["ends"][i].get<ids>());
        }
    });
}
