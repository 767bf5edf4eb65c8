#include <nlohmann/json.hpp>

#include "text/support.hpp"

using namespace plume;
using namespace plume::test;

namespace {

/// The text with spaces for U+2581, which SentencePiece does not tell from a space.
std::string spaced(std::string text) {
    const std::string mark = "\xe2\x96\x81";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) text.replace(at, mark.size(), " ");
    return text;
}

std::vector<std::string> split(const std::string& text, const std::string& by) {
    std::vector<std::string> parts;
    std::size_t              begin = 0;
    for (auto at = text.find(by); at != std::string::npos; at = text.find(by, begin)) {
        parts.push_back(text.substr(begin, at - begin));
        begin = at + by.size();
    }
    return parts;
}

std::string streamed(const tokenizer& t, std::span<const token_id> ids) {
    text_stream stream(t);
    std::string text;
    for (const auto id : ids) text += stream.push(id);
    return text += stream.finish();
}

}  // namespace

TEST_CASE("ids equal those of sentencepiece and tokenizers on their own small vocabularies, and decode gives the text back") {
    const auto cases = nlohmann::json::parse(read_whole(golden_text("cases.json")));
    REQUIRE(cases.size() > 100);
    for (const std::string name : {"spm", "gpt-2", "llama-bpe", "smollm"}) {
        const auto  t        = load_tokenizer(golden_text(name + ".gguf"));
        std::size_t n_merged = 0;
        for (const auto& c : cases) {
            const auto text = c["text"].get<std::string>();
            const auto want = c[name].get<std::vector<token_id>>();
            CAPTURE(name);
            CAPTURE(text);
            const auto ids = ids_of(t, text);
            CHECK(ids == want);
            CHECK(*t.decode(ids) == (name == "spm" ? spaced(text) : text));
            CHECK(streamed(t, ids) == *t.decode(ids));
            n_merged += ids.size() < text.size();
        }
        CHECK(n_merged > 50);  // the texts do merge
    }
}

TEST_CASE("the pre-tokenizers cut differently where their patterns do") {
    const auto gpt2 = load_tokenizer(golden_text("gpt-2.gguf")), llama = load_tokenizer(golden_text("llama-bpe.gguf")),
               smollm = load_tokenizer(golden_text("smollm.gguf"));
    CHECK(gpt2.pretokenizer() == "gpt-2");
    CHECK(llama.pretokenizer() == "llama-bpe");
    CHECK(smollm.pretokenizer() == "smollm");
    CHECK(ids_of(smollm, "2024").size() == 4);
    CHECK(ids_of(gpt2, "2024").size() < 4);
    // Llama 3 takes a word that is a token whole, whatever the merges say: the merge that makes " the" is not in the file.
    CHECK(ids_of(llama, " the").size() == 1);
}

TEST_CASE("46 of 46 texts of each real vocabulary give the ids of the original, and decode gives the text back where it can") {
    const auto folder = shared_data();
    if (!folder) return;
    for (const std::string name : {"llama-bpe", "llama-spm", "gpt-2", "phi-3", "deepseek-llm", "bert-bge"}) {
        const bool exact = name != "bert-bge";  // which folds case and accents
        const auto base  = *folder + "/vocab/" + name;
        const auto t     = load_tokenizer(base + ".gguf");
        const auto texts = split(read_whole(base + ".inp"), "\n__ggml_vocab_test__\n"), wanted = split(read_whole(base + ".out"), "\n");
        REQUIRE(texts.size() == 46);
        REQUIRE(wanted.size() == 46);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            std::string line;
            const auto  ids = ids_of(t, texts[i]);
            for (const auto id : ids) line += ' ' + std::to_string(id);
            CAPTURE(name);
            CAPTURE(texts[i]);
            CHECK(line == (wanted[i].empty() || wanted[i][0] == ' ' ? wanted[i] : ' ' + wanted[i]));
            if (exact) CHECK(*t.decode(ids) == texts[i]);
            if (exact) CHECK(streamed(t, ids) == texts[i]);
        }
    }
}

TEST_CASE("Phi-3's marks take the white space behind them, as its tokenizer.json says and the file's keys cannot") {
    const auto folder = shared_data();
    if (!folder) return;
    const auto t = load_tokenizer(*folder + "/vocab/phi-3.gguf");
    // transformers' ids of the prompt that the model's card shows
    CHECK(ids_of(t, "<|user|>\nHow to explain<|end|>\n<|assistant|>\n", true) == std::vector<token_id>{32010, 1128, 304, 5649, 32007, 32001});
    CHECK(ids_of(t, "<s>\nHow", true) == std::vector<token_id>{1, 29871, 13, 5328});
}
