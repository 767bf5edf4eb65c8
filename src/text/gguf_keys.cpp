#include "src/text/gguf_keys.hpp"

#include <filesystem>

#include <plume/io/source.hpp>

#include "src/text/describe_config.hpp"

namespace plume::text {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{256} << 20;

/// A file of the folder, read whole; empty where there is none.
result<std::optional<std::string>> read_beside(const std::string& path) {
    std::error_code why;
    if (!std::filesystem::is_regular_file(path, why)) return std::optional<std::string>{};
    const auto source = io::source::open(path, false);
    if (!source) return error(source.error());
    if ((*source)->size() > max_file_bytes)
        return error{code::format_limit, "is too long for a tokenizer's file"}
            .in(path)
            .expected_found(max_file_bytes, (*source)->size())
            .hint("fetch it again");
    std::vector<std::byte> room;
    const auto             view = (*source)->view(0, static_cast<std::size_t>((*source)->size()), room);
    if (!view) return error(view.error());
    return std::optional(std::string(reinterpret_cast<const char*>(view->data()), view->size()));
}

result<std::optional<folder_files::json_file>> json_beside(const std::string& path) {
    auto text = read_beside(path);
    if (!text) return std::move(text).error();
    if (!*text) return std::optional<folder_files::json_file>{};
    auto document = json::document::parse(**text);
    if (!document) return std::move(document).error().in(path);
    return std::optional(folder_files::json_file{path, *std::move(document)});
}

result<folder_files> files_beside(const std::string& folder) {
    folder_files out;
    auto         config = json_beside(folder + "/tokenizer_config.json"), map = json_beside(folder + "/special_tokens_map.json");
    auto         chat = read_beside(folder + "/chat_template.jinja");
    if (!config) return std::move(config).error();
    if (!map) return std::move(map).error();
    if (!chat) return std::move(chat).error();
    out.tokenizer_config   = *std::move(config);
    out.special_tokens_map = *std::move(map);
    out.chat_template      = *std::move(chat);
    return out;
}

void write_words(const description& d, std::size_t n_rows, io::gguf_header& header) {
    std::vector<std::string>  names;
    std::vector<std::int32_t> types;
    for (token_id id = 0; d.words.has(id); ++id) {
        names.emplace_back(d.words.name(id));
        types.push_back(static_cast<std::int32_t>(d.words.type(id)));
    }
    while (names.size() < n_rows) {
        names.push_back("[PAD" + std::to_string(names.size()) + ']');
        types.push_back(static_cast<std::int32_t>(token_type::unused));
    }
    header.set_texts("tokenizer.ggml.tokens", names);
    header.set_i32s("tokenizer.ggml.token_type", types);
}

void write_ids(const description& d, io::gguf_header& header) {
    const std::pair<std::string_view, token_id> ids[] = {
        {"tokenizer.ggml.bos_token_id", d.bos}, {"tokenizer.ggml.eos_token_id", d.eos}, {"tokenizer.ggml.unknown_token_id", d.unknown}};
    for (const auto& [key, id] : ids)
        if (id >= 0)
            header.set_u32(key, static_cast<std::uint32_t>(id));
        else
            header.erase(key);
    for (const auto id : d.ends)
        if (id >= 0 && id != d.eos) {
            header.set_u32("tokenizer.ggml.eot_token_id", static_cast<std::uint32_t>(id));
            break;
        }
    header.set_flag("tokenizer.ggml.add_bos_token", d.add_bos);
    if (!d.chat_template.empty()) header.set_text("tokenizer.chat_template", d.chat_template);
}

void write_byte_level(const description& d, io::gguf_header& header) {
    std::vector<std::string> merges;
    merges.reserve(d.merges.size());
    for (const auto& m : d.merges) merges.push_back(m.joined ? std::string(m.left) : std::string(m.left) + ' ' + std::string(m.right));
    header.set_text("tokenizer.ggml.model", "gpt2");
    header.set_text("tokenizer.ggml.pre", d.pre->names[0]);
    header.set_texts("tokenizer.ggml.merges", merges);
}

void write_sentencepiece(const description& d, std::size_t n_rows, io::gguf_header& header) {
    auto scores = d.scores;
    scores.resize(std::max(n_rows, scores.size()), -1'000.0f);
    header.set_text("tokenizer.ggml.model", "llama");
    header.set_text("tokenizer.ggml.pre", "default");
    header.set_f32s("tokenizer.ggml.scores", scores);
    header.set_flag("tokenizer.ggml.add_space_prefix", d.adds_space);
}

}  // namespace

result<bool> write_gguf_keys(const std::string& folder, std::size_t n_rows, io::gguf_header& header) {
    const notice_fn       silent;
    const std::stop_token never;
    const loading         with{.on_notice = silent, .stop = never, .workers = nullptr};
    const auto            beside = files_beside(folder);
    if (!beside) return error(beside.error());
    const auto json_path = folder + "/tokenizer.json", model_path = folder + "/tokenizer.model";
    const auto text = read_beside(json_path);
    if (!text) return error(text.error());
    if (*text) {
        const auto document = json::document::parse(**text);
        if (!document) return error(document.error()).in(json_path);
        auto d = describe_json(document->root(), json_path, with);
        if (!d) return std::move(d).error();
        if (auto ok = read_config(*beside, *d, with); !ok) return std::move(ok).error();
        if (d->kind == model_kind::byte_level && d->pre != nullptr && !d->pre->names.empty() && !d->merges.empty()) {
            write_words(*d, n_rows, header);
            write_byte_level(*d, header);
            write_ids(*d, header);
            return true;
        }
    }
    const auto model = read_beside(model_path);
    if (!model) return error(model.error());
    if (!*model) return false;
    auto d = describe_sentencepiece(**model, model_path, with);
    if (!d) return std::move(d).error();
    if (auto ok = read_config(*beside, *d, with); !ok) return std::move(ok).error();
    if (d->kind != model_kind::sentencepiece) return false;
    write_words(*d, n_rows, header);
    write_sentencepiece(*d, n_rows, header);
    write_ids(*d, header);
    return true;
}

}  // namespace plume::text
