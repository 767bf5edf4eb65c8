#include "text/support.hpp"

#include "support/tiny_vocabulary.hpp"

namespace plume::test {

gguf_writer byte_file(const std::vector<std::string>& merges, std::string_view pre, const std::vector<std::pair<std::string, std::int32_t>>& added) {
    std::vector<std::string> tokens;
    for (unsigned b = 0; b < 256; ++b) tokens.push_back(byte_character(b));
    for (auto whole : merges) {
        std::erase(whole, ' ');
        tokens.push_back(whole);
    }
    std::vector<std::int32_t> types(tokens.size(), normal);
    for (const auto& [text, type] : added) {
        tokens.push_back(text);
        types.push_back(type);
    }
    tokens.emplace_back("</e>");
    types.push_back(control);
    gguf_writer w;
    w.set("tokenizer.ggml.model", "gpt2").set("tokenizer.ggml.pre", pre).set("tokenizer.ggml.tokens", tokens).set("tokenizer.ggml.token_type", types);
    return w.set("tokenizer.ggml.merges", merges).set("tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(tokens.size() - 1));
}

}  // namespace plume::test
