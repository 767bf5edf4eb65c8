#include "src/text/tables.hpp"

// A model that comes without its tokenizer: token ids work, text does not.

namespace plume {
namespace {

class no_algorithm final : public text::algorithm {
public:
    no_algorithm() : algorithm(text::vocabulary{}) {}
    void                           encode(std::string_view, text::workspace&, std::vector<token_id>&) const override {}
    void                           append_bytes(token_id, std::string&) const override {}
    [[nodiscard]] std::string_view kind() const noexcept override { return "none"; }
    [[nodiscard]] std::string_view pretokenizer() const noexcept override { return {}; }
    [[nodiscard]] bool             adds_space() const noexcept override { return false; }
    [[nodiscard]] std::size_t      allocated_bytes() const noexcept override { return 0; }
};

/// An id that the file names, or -1. Whether the model has it, no vocabulary says.
token_id named_id(const io::gguf& file, std::string_view key) {
    const auto* v = file.find(key);
    const auto  n = v == nullptr ? std::nullopt : v->count();
    return n && *n < text::max_tokens * 16 ? static_cast<token_id>(*n) : -1;
}

}  // namespace

result<tokenizer> load_without_text(const io::gguf& file) {
    auto out          = std::make_shared<tokenizer::tables>();
    out->algorithm    = std::make_unique<no_algorithm>();
    out->without_text = true;
    out->bos          = named_id(file, "tokenizer.ggml.bos_token_id");
    out->eos          = named_id(file, "tokenizer.ggml.eos_token_id");
    if (out->eos >= 0) out->end_tokens.push_back(out->eos);
    return tokenizer(std::shared_ptr<const tokenizer::tables>(std::move(out)));
}

error without_text_error() {
    return error{code::wrong_state, "this model came without a tokenizer: it knows token ids and no text"}.hint(
        "use ids, or load it with its tokenizer files (tokenizer.json) beside its weights");
}

}  // namespace plume
