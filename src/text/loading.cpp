#include <algorithm>

#include "src/guard.hpp"
#include "src/io/cancelled.hpp"
#include "src/text/tables.hpp"

namespace plume {
namespace {

using text::token_type;

// Tokens that end a turn or a text in published models, where the file does not say so itself.
constexpr std::string_view end_names[] = {
    "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "<|end_of_turn|>", "<end_of_turn>", "<|END_OF_TURN_TOKEN|>",
    "<EOT>"};
constexpr std::string_view end_keys[] = {"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"};

/// A token that the file names as special although its type says text: text could then become it. Those that look the part are made control tokens.
void make_control(text::vocabulary& words, token_id id, const notice_fn& on_notice) {
    if (id < 0 || !words.mergeable(id)) return;
    const auto name  = words.name(id);
    const bool looks = name.size() > 2 && ((name.front() == '<' && name.back() == '>') || (name.front() == '[' && name.back() == ']'));
    if (!looks) return;
    words.set_type(id, token_type::control);
    if (on_notice && words.types_given())
        on_notice(notice::vocabulary_odd, "token " + std::to_string(id) + " is special but typed as text: taken as a control token");
}

void add_end(tokenizer::tables& out, token_id id) {
    if (id >= 0 && std::find(out.end_tokens.begin(), out.end_tokens.end(), id) == out.end_tokens.end()) out.end_tokens.push_back(id);
}

result<void> find_special(const io::gguf& file, text::vocabulary& words, tokenizer::tables& out, const notice_fn& on_notice) {
    auto bos = text::token_key(file, "tokenizer.ggml.bos_token_id", words);
    if (!bos) return std::move(bos).error();
    out.bos = *bos;
    make_control(words, *bos, on_notice);
    auto unknown = text::token_key(file, "tokenizer.ggml.unknown_token_id", words);
    if (!unknown) return std::move(unknown).error();
    if (!words.types_given() && *unknown >= 0 && words.mergeable(*unknown)) words.set_type(*unknown, token_type::unknown);
    for (const auto key : end_keys) {
        auto id = text::token_key(file, key, words);
        if (!id) return std::move(id).error();
        if (key == end_keys[0]) out.eos = *id;
        make_control(words, *id, on_notice);
        add_end(out, *id);
    }
    for (token_id id = 0; words.has(id); ++id) {
        if (!words.name(id).starts_with('<') || std::find(std::begin(end_names), std::end(end_names), words.name(id)) == std::end(end_names)) continue;
        make_control(words, id, on_notice);
        if (words.type(id) == token_type::control) add_end(out, id);
    }
    if (out.end_tokens.empty() && on_notice) on_notice(notice::no_end_token, "the vocabulary names no end of sequence: generation stops only at its limit");
    return {};
}

result<void> make_matchers(const io::gguf& file, tokenizer::tables& out) {
    const auto&                         words = out.words();
    std::vector<text::matcher::pattern> user_defined, special;
    std::size_t                         bytes = 0;
    for (token_id id = 0; words.has(id); ++id) {
        const auto type = words.type(id);
        if (words.name(id).empty() || (type != token_type::control && type != token_type::unknown && type != token_type::user_defined)) continue;
        bytes += words.name(id).size();
        if (bytes > text::max_special_bytes)
            return file.fault(code::format_limit, "has more text in special tokens than the limit max_special_bytes").about("key", "tokenizer.ggml.token_type");
        special.push_back({words.name(id), id});
        if (type == token_type::user_defined) user_defined.push_back({words.name(id), id});
    }
    out.user_defined = text::matcher(user_defined);
    out.special      = text::matcher(special);
    return {};
}

result<std::unique_ptr<text::algorithm>> load_algorithm(const io::gguf& file, text::vocabulary words, std::string_view model, const text::loading& with) {
    std::string known;
    for (const auto& entry : text::algorithms) {
        if (entry.gguf_name == model) return entry.load(file, std::move(words), with);
        known += (known.empty() ? "" : ", ") + std::string(entry.gguf_name);
    }
    return file.fault(code::format_unsupported, "does not run yet").about("tokenizer model", model).hint("these run: " + known);
}

result<tokenizer> load(const io::gguf& file, const text::loading& with) {
    const notice_fn& on_notice = with.on_notice;
    auto             model     = file.text("tokenizer.ggml.model");
    if (!model) return std::move(model).error();
    if (*model == "none" || *model == "no_vocab") return load_without_text(file);
    auto words = text::vocabulary::load(file, on_notice);
    if (!words) return std::move(words).error();
    if (with.stop.stop_requested()) return io::cancelled(file);
    auto out = std::make_shared<tokenizer::tables>();
    if (auto ok = find_special(file, *words, *out, on_notice); !ok) return std::move(ok).error();
    auto algorithm = load_algorithm(file, *std::move(words), *model, with);
    if (!algorithm) return std::move(algorithm).error();
    out->algorithm = *std::move(algorithm);
    if (auto ok = make_matchers(file, *out); !ok) return std::move(ok).error();
    auto wants = file.flag_or("tokenizer.ggml.add_bos_token", out->algorithm->adds_bos());
    if (!wants) return std::move(wants).error();
    out->wants_bos = *wants && out->bos >= 0;
    if (*wants && out->bos < 0 && on_notice) on_notice(notice::vocabulary_odd, "the vocabulary wants a token at the beginning but names none");
    return tokenizer(std::shared_ptr<const tokenizer::tables>(std::move(out)));
}

}  // namespace

result<tokenizer> tokenizer::from_gguf(const io::gguf& file, const notice_fn& on_notice, std::stop_token stop) {
    return load_tokenizer(file, {.on_notice = on_notice, .stop = stop, .workers = nullptr});
}

result<tokenizer> load_tokenizer(const io::gguf& file, const text::loading& with) {
    return guarded([&] { return load(file, with); });
}

}  // namespace plume
