#pragma once

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <plume/text/tokenizer.hpp>

#include "support/gguf_writer.hpp"

// What the tests of the text part share.

namespace plume::test {

inline std::string golden_text(std::string_view name) { return std::string(PLUME_GOLDEN) + "/text/" + std::string(name); }

inline tokenizer load_tokenizer(const std::string& path) {
    auto file = io::gguf::open(path);
    if (!file) FAIL(file.error().message());
    auto t = tokenizer::from_gguf(*file);
    if (!t) FAIL(t.error().message());
    return *std::move(t);
}

/// The tokenizer of a file built here. The bytes may go: a tokenizer copies what it needs.
inline result<tokenizer> load_tokenizer(const gguf_writer& w, const notice_fn& on_notice = {}) {
    const auto bytes = w.build();
    auto       file  = io::gguf::from_memory(bytes.data);
    if (!file) FAIL(file.error().message());
    return tokenizer::from_gguf(*file, on_notice);
}

inline tokenizer load_good(const gguf_writer& w) {
    auto t = load_tokenizer(w);
    if (!t) FAIL(t.error().message());
    return *std::move(t);
}

inline std::vector<token_id> ids_of(const tokenizer& t, std::string_view text, bool parse_special = false) {
    auto ids = t.encode(text, {.add_bos = false, .parse_special = parse_special});
    if (!ids) FAIL(ids.error().message());
    return *std::move(ids);
}

inline std::string read_whole(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The folder of shared test data, or nothing, said loudly.
inline std::optional<std::string> shared_data() {
    if (const char* folder = std::getenv("PLUME_TEST_DATA")) return folder;
    MESSAGE("SKIPPED: PLUME_TEST_DATA is not set, so this test did not run");
    return {};
}

/// Types of tokens as files have them.
inline constexpr std::int32_t normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte_token = 6;

/// A SentencePiece vocabulary: <unk> <s> </s>, the 256 bytes from id 3 on, then `pieces` from id 259 on with falling scores.
inline gguf_writer spm_file(const std::vector<std::string>& pieces, const std::vector<std::int32_t>& piece_types = {}) {
    std::vector<std::string>  tokens{"<unk>", "<s>", "</s>"};
    std::vector<std::int32_t> types{unknown, control, control};
    std::vector<float>        scores{0, 0, 0};
    constexpr char            digits[] = "0123456789ABCDEF";
    for (unsigned b = 0; b < 256; ++b) {
        tokens.push_back(std::string("<0x") + digits[b / 16] + digits[b % 16] + '>');
        types.push_back(byte_token);
        scores.push_back(0);
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        tokens.push_back(pieces[i]);
        types.push_back(i < piece_types.size() ? piece_types[i] : normal);
        scores.push_back(-static_cast<float>(i));
    }
    gguf_writer w;
    w.set("tokenizer.ggml.model", "llama").set("tokenizer.ggml.tokens", tokens).set("tokenizer.ggml.scores", scores).set("tokenizer.ggml.token_type", types);
    w.set("tokenizer.ggml.bos_token_id", std::uint32_t{1}).set("tokenizer.ggml.eos_token_id", std::uint32_t{2});
    return w.set("tokenizer.ggml.unknown_token_id", std::uint32_t{0});
}

/// A byte-level vocabulary: the 256 bytes in the order of their values, the results of `merges`, then `added` with their types. "</e>" comes last: EOS.
gguf_writer byte_file(const std::vector<std::string>& merges, std::string_view pre = "gpt-2",
                      const std::vector<std::pair<std::string, std::int32_t>>& added = {});

}  // namespace plume::test
