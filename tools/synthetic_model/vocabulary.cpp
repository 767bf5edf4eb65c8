#include "vocabulary.hpp"

#include <string_view>
#include <vector>

#include <plume/core/utf8.hpp>

namespace plume::tool::synthetic {
namespace {

constexpr std::int32_t normal = 1, control = 3, unused = 5;  // token types, as GGUF numbers them

/// The character that stands for a byte in byte-level vocabularies: itself where it prints in Latin-1, else the next free one from U+0100 on.
std::vector<std::string> byte_characters() {
    std::vector<std::string> characters(256);
    char32_t                 next = 0x100;
    for (unsigned b = 0; b < 256; ++b) {
        const bool prints = (b > 0x20 && b < 0x7f) || (b > 0xa0 && b != 0xad);
        utf8::append(characters[b], prints ? char32_t{b} : next++);
    }
    return characters;
}

}  // namespace

result<void> copy_vocabulary(metadata& to, const std::string& path, std::uint64_t V) {
    const auto file = io::gguf::open(path);
    if (!file) return file.error();
    const auto tokens = file->array("tokenizer.ggml.tokens", io::value_type::string);
    if (!tokens) return tokens.error();
    if ((*tokens)->size() > V)
        return error{code::invalid_argument, "the vocabulary is larger than the shape's"}.in(path).expected_found("at most " + std::to_string(V),
                                                                                                                  std::to_string((*tokens)->size()));
    for (const auto& entry : file->metadata()) {
        if (!entry.key.starts_with("tokenizer.")) continue;
        const auto& had = entry.value;
        const auto  key = std::string_view(entry.key).substr(std::string_view("tokenizer.").size());
        if ((key != "ggml.tokens" && key != "ggml.token_type" && key != "ggml.scores") || had.size() == V) {
            to.copy(entry);
            continue;
        }
        to.array(entry.key, had.element_type(), V);
        for (std::size_t i = 0; i < V; ++i) {
            const bool there = i < had.size();
            if (key == "ggml.tokens")
                to.add(there ? *had.text(i) : "<|unused " + std::to_string(i) + "|>");
            else if (key == "ggml.token_type")
                to.add(there ? static_cast<std::int32_t>(had.integer(i).value_or(normal)) : unused);
            else
                to.add(there ? static_cast<float>(had.real(i).value_or(0)) : -1e9f);
        }
    }
    return {};
}

void make_vocabulary(metadata& to, std::uint64_t V) {
    constexpr std::uint64_t  specials = 3;
    const auto               bytes    = byte_characters();
    auto                     tokens   = bytes;
    std::vector<std::string> letters{bytes[' ']}, merges;
    for (char c = 'a'; c <= 'z'; ++c) letters.emplace_back(1, c);
    auto longer = letters;  // every string, in order of length; each is made longer by every letter
    for (std::size_t i = 0; tokens.size() + specials < V; ++i)
        for (std::size_t j = 0; j < letters.size() && tokens.size() + specials < V; ++j) {
            merges.push_back(longer[i] + ' ' + letters[j]);
            longer.push_back(longer[i] + letters[j]);
            tokens.push_back(longer.back());
        }
    const auto first_special = static_cast<std::uint32_t>(tokens.size());
    for (const auto* name : {"<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"}) tokens.emplace_back(name);

    to.set("tokenizer.ggml.model", std::string_view("gpt2"));
    to.set("tokenizer.ggml.pre", std::string_view("llama-bpe"));
    to.array("tokenizer.ggml.tokens", io::value_type::string, tokens.size());
    for (const auto& t : tokens) to.add(t);
    to.array("tokenizer.ggml.token_type", io::value_type::i32, tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) to.add(i < first_special ? normal : control);
    to.array("tokenizer.ggml.merges", io::value_type::string, merges.size());
    for (const auto& m : merges) to.add(m);
    to.set("tokenizer.ggml.bos_token_id", first_special);
    to.set("tokenizer.ggml.eos_token_id", first_special + 1);
    to.set("tokenizer.ggml.eot_token_id", first_special + 2);
    to.set("tokenizer.ggml.add_bos_token", true);
}

}  // namespace plume::tool::synthetic
