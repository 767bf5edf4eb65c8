#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plume/core/utf8.hpp>

#include "support/gguf_writer.hpp"

// Small vocabularies for tests, trained on the spot by plain byte-pair encoding on a few sentences.

namespace plume::test {

enum class tiny_vocabulary { sentencepiece, byte_level };

inline constexpr std::string_view tiny_text =
    " The invoice of the third of March was paid on the twelfth. Dear customer, thank you for your letter about the delivery. The goods are in our "
    "warehouse and they will be sent on Monday. If there is any question, please write to the office; the number is 0123456789. We are glad that "
    "you are with us. The other parcels were lost in the rain, and the driver could not find the house. \"Where is it?\" she asked. It was there, "
    "under the other letters. Jack KVQXYZ BCFGLHNPRU: (50% + 20) = [70] - {1/2} * #3 & @home_! 'quick' <brown> ~fox^ jumps|over `lazy` $dogs\\.";

using symbols = std::vector<std::string>;

/// A pair of pieces in the order in which they were joined.
using merge = std::pair<std::string, std::string>;

/// At most `n` merges: the most frequent pair first, ties by their text. Words are changed.
inline std::vector<merge> train_merges(std::vector<symbols>& words, std::size_t n) {
    std::vector<merge> merges;
    while (merges.size() < n) {
        std::map<merge, std::size_t> counts;
        for (const auto& word : words)
            for (std::size_t i = 1; i < word.size(); ++i) ++counts[{word[i - 1], word[i]}];
        const auto best = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
        if (best == counts.end()) break;
        const auto pair = best->first;
        for (auto& word : words)
            for (std::size_t i = 1; i < word.size(); ++i)
                if (word[i - 1] == pair.first && word[i] == pair.second) {
                    word[i - 1] += word[i];
                    word.erase(word.begin() + static_cast<std::ptrdiff_t>(i));
                }
        merges.push_back(pair);
    }
    return merges;
}

/// The character that stands for a byte in byte-level vocabularies: itself where it prints in Latin-1, else the next free one from U+0100 on.
inline std::string byte_character(unsigned byte) {
    const auto  prints = [](unsigned b) { return (b > 0x20 && b < 0x7f) || (b > 0xa0 && b != 0xad); };
    char32_t    next   = 0x100;
    std::string out;
    for (unsigned b = 0; b < byte; ++b) next += prints(b) ? 0 : 1;
    utf8::append(out, prints(byte) ? byte : next);
    return out;
}

/// The text cut before each space, each word as the symbols that `spell` gives for a byte.
template <class Spell>
std::vector<symbols> words_of(std::string_view text, Spell spell) {
    std::vector<symbols> words;
    for (const char c : text) {
        if (c == ' ' || words.empty()) words.emplace_back();
        words.back().push_back(spell(static_cast<unsigned char>(c)));
    }
    return words;
}

struct vocabulary_tables {
    std::vector<std::string>  tokens, merges;
    std::vector<float>        scores;
    std::vector<std::int32_t> types;  // 1 normal, 2 unknown, 3 control, 6 byte

    void add(std::string text, std::int32_t type, float score = 0) {
        tokens.push_back(std::move(text));
        types.push_back(type);
        scores.push_back(score);
    }
};

inline vocabulary_tables sentencepiece_tables(std::size_t tokens) {
    const std::string space = "\xe2\x96\x81";
    vocabulary_tables v;
    v.add("<unk>", 2);
    v.add("<s>", 3);
    v.add("</s>", 3);
    for (unsigned b = 0; b < 256; ++b) v.add({'<', '0', 'x', "0123456789ABCDEF"[b >> 4], "0123456789ABCDEF"[b & 15], '>'}, 6);
    auto    words = words_of(tiny_text, [&](unsigned char c) { return c == ' ' ? space : std::string(1, static_cast<char>(c)); });
    symbols letters;
    for (const auto& word : words) letters.insert(letters.end(), word.begin(), word.end());
    std::sort(letters.begin(), letters.end());
    letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
    // Half of what is left for joined pieces, so that rare letters fall back to bytes; scores fall with the rank, letters come after all pieces.
    const auto room = tokens - v.tokens.size();
    float      rank = 0;
    for (const auto& [left, right] : train_merges(words, room / 2))
        if (std::find(v.tokens.begin(), v.tokens.end(), left + right) == v.tokens.end()) v.add(left + right, 1, -rank++);
    for (const auto& letter : letters)
        if (v.tokens.size() < tokens) v.add(letter, 1, -rank++);
    return v;
}

inline vocabulary_tables byte_level_tables(std::size_t tokens) {
    vocabulary_tables v;
    for (unsigned b = 0; b < 256; ++b) v.add(byte_character(b), 1);
    auto words = words_of(tiny_text, [](unsigned char c) { return byte_character(c); });
    for (const auto& [left, right] : train_merges(words, tokens - 256 - 3)) {
        v.merges.push_back(left + ' ' + right);
        if (std::find(v.tokens.begin(), v.tokens.end(), left + right) == v.tokens.end()) v.add(left + right, 1);
    }
    v.add("<|endoftext|>", 3);
    v.add("<|im_start|>", 3);
    v.add("<|im_end|>", 3);
    return v;
}

/// Writes the tokenizer keys; gives V, at most `tokens` (300 and more).
/// SentencePiece: <unk> 0, <s> 1, </s> 2, bytes 3 to 258, pieces with scores. Byte-level: bytes 0 to 255, pieces with merges, then
/// <|endoftext|> (BOS and EOS), <|im_start|>, <|im_end|>.
inline std::size_t add_tiny_vocabulary(gguf_writer& w, tiny_vocabulary kind, std::size_t tokens, std::string_view pre) {
    const bool spm = kind == tiny_vocabulary::sentencepiece;
    const auto v   = spm ? sentencepiece_tables(tokens) : byte_level_tables(tokens);
    const auto end = static_cast<std::uint32_t>(v.tokens.size() - 3);
    w.set("tokenizer.ggml.model", spm ? "llama" : "gpt2");
    if (!spm) w.set("tokenizer.ggml.pre", pre);
    w.set("tokenizer.ggml.tokens", v.tokens).set("tokenizer.ggml.token_type", v.types);
    if (spm) w.set("tokenizer.ggml.scores", v.scores).set("tokenizer.ggml.unknown_token_id", std::uint32_t{0});
    if (!spm) w.set("tokenizer.ggml.merges", v.merges);
    w.set("tokenizer.ggml.bos_token_id", spm ? 1 : end).set("tokenizer.ggml.eos_token_id", spm ? 2 : end);
    w.set("tokenizer.ggml.add_bos_token", spm);
    return v.tokens.size();
}

}  // namespace plume::test
