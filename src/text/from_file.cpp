#include <filesystem>

#include <plume/io/source.hpp>

#include "src/guard.hpp"
#include "src/text/describe_config.hpp"
#include "src/text/tables.hpp"

// Tokenizers out of files and folders, whose kind is found by what is in them.

namespace plume {
namespace {

constexpr std::uint64_t max_file_bytes = std::uint64_t{256} << 20;  // published tokenizer files have up to 35 MB

/// A file of a folder, read whole.
struct whole_file {
    std::string            path;
    std::vector<std::byte> room;
    std::string_view       text;
};

result<whole_file> read_whole(const std::string& path) {
    auto source = io::source::open(path, false);
    if (!source) return std::move(source).error();
    if ((*source)->size() > max_file_bytes)
        return error{code::format_limit, "is too long for a tokenizer's file: limit max_file_bytes"}.in(path).expected_found(max_file_bytes, (*source)->size());
    whole_file out{.path = path, .room = {}, .text = {}};
    auto       view = (*source)->view(0, static_cast<std::size_t>((*source)->size()), out.room);
    if (!view) return std::move(view).error();
    out.text = {reinterpret_cast<const char*>(view->data()), view->size()};
    return out;
}

bool begins_json(std::string_view head) {
    if (head.starts_with("\xef\xbb\xbf")) head.remove_prefix(3);
    const auto first = head.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && head[first] == '{';
}

result<text::description> describe_document(const json::value& root, const std::string& path, const text::loading& with) {
    const auto config = root.find("config");
    if (config && config->find("pattern") && root.find("vocab")) return text::describe_tekken(root, path, with);
    return text::describe_json(root, path, with);
}

/// A tokenizer.json or tekken.json, with what stands beside it.
result<tokenizer> from_text(const whole_file& file, const text::folder_files& beside, const text::loading& with) {
    auto document = json::document::parse(file.text);
    if (!document) return std::move(document).error().in(file.path);
    auto described = describe_document(document->root(), file.path, with);
    if (!described) return std::move(described).error();
    if (auto ok = text::read_config(beside, *described, with); !ok) return std::move(ok).error();
    return make_tokenizer(*std::move(described), with);
}

/// A tokenizer.model, with what stands beside it.
result<tokenizer> from_model(const whole_file& file, const text::folder_files& beside, const text::loading& with) {
    auto described = text::describe_sentencepiece(file.text, file.path, with);
    if (!described) return std::move(described).error();
    if (auto ok = text::read_config(beside, *described, with); !ok) return std::move(ok).error();
    return make_tokenizer(*std::move(described), with);
}

result<std::string> head_of(const std::string& path) {
    auto source = io::source::open(path, false);
    if (!source) return std::move(source).error();
    std::vector<std::byte> room;
    const auto             n    = static_cast<std::size_t>(std::min<std::uint64_t>((*source)->size(), 512));
    auto                   view = (*source)->view(0, n, room);
    if (!view) return std::move(view).error();
    return std::string(reinterpret_cast<const char*>(view->data()), view->size());
}

result<tokenizer> load_file(const std::string& path, const text::folder_files& beside, const text::loading& with) {
    auto head = head_of(path);
    if (!head) return std::move(head).error();
    if (begins_json(*head)) {
        auto file = read_whole(path);
        if (!file) return std::move(file).error();
        return from_text(*file, beside, with);
    }
    if (head->starts_with('\n') || path.ends_with(".model")) {  // a SentencePiece model begins with its first piece
        auto file = read_whole(path);
        if (!file) return std::move(file).error();
        return from_model(*file, beside, with);
    }
    auto gguf = io::gguf::open(path);  // says what else the file looks like
    if (!gguf) return std::move(gguf).error();
    return load_tokenizer(*gguf, with);
}

bool is_file(const std::filesystem::path& path) {
    std::error_code why;
    return std::filesystem::is_regular_file(path, why);
}

result<std::optional<text::folder_files::json_file>> json_beside(const std::filesystem::path& path) {
    if (!is_file(path)) return std::optional<text::folder_files::json_file>{};
    auto file = read_whole(path.string());
    if (!file) return std::move(file).error();
    auto document = json::document::parse(file->text);
    if (!document) return std::move(document).error().in(file->path);
    return std::optional<text::folder_files::json_file>({path.string(), *std::move(document)});
}

result<text::folder_files> files_of(const std::filesystem::path& folder) {
    text::folder_files out;
    auto               config = json_beside(folder / "tokenizer_config.json");
    auto               map    = json_beside(folder / "special_tokens_map.json");
    if (!config) return std::move(config).error();
    if (!map) return std::move(map).error();
    out.tokenizer_config   = *std::move(config);
    out.special_tokens_map = *std::move(map);
    if (is_file(folder / "chat_template.jinja")) {
        auto source = read_whole((folder / "chat_template.jinja").string());
        if (!source) return std::move(source).error();
        out.chat_template = std::string(source->text);
    }
    return out;
}

result<tokenizer> load_folder(const std::string& path, const text::loading& with) {
    const std::filesystem::path folder(path);
    std::error_code             why;
    if (!std::filesystem::is_directory(folder, why))
        return error{code::file_not_found, "is no folder"}.in(path).hint("name the folder that holds tokenizer.json");
    auto beside = files_of(folder);
    if (!beside) return std::move(beside).error();
    for (const auto* name : {"tokenizer.json", "tekken.json", "tokenizer.model"})
        if (is_file(folder / name)) return load_file((folder / name).string(), *beside, with);
    return error{code::file_not_found, "holds no tokenizer that is known here"}.in(path).expected_found("tokenizer.json, tekken.json or tokenizer.model",
                                                                                                        "none");
}

}  // namespace

result<tokenizer> tokenizer::from_file(const std::string& path, const tokenizer_options& options, const notice_fn& on_notice, std::stop_token stop) {
    return guarded([&] {
        return load_file(path, {}, {.on_notice = on_notice, .stop = stop, .workers = nullptr, .fallback_pretokenizer = options.fallback_pretokenizer});
    });
}

result<tokenizer> tokenizer::from_folder(const std::string& path, const tokenizer_options& options, const notice_fn& on_notice, std::stop_token stop) {
    return guarded(
        [&] { return load_folder(path, {.on_notice = on_notice, .stop = stop, .workers = nullptr, .fallback_pretokenizer = options.fallback_pretokenizer}); });
}

result<tokenizer> tokenizer::from_json(std::string_view text, const std::string& path, const tokenizer_options& options, const notice_fn& on_notice,
                                       std::stop_token stop) {
    return guarded([&] {
        return from_text({.path = path, .room = {}, .text = text}, {},
                         {.on_notice = on_notice, .stop = stop, .workers = nullptr, .fallback_pretokenizer = options.fallback_pretokenizer});
    });
}

result<tokenizer> tokenizer::from_sentencepiece(std::string_view bytes, const std::string& path, const notice_fn& on_notice, std::stop_token stop) {
    return guarded([&] { return from_model({.path = path, .room = {}, .text = bytes}, {}, {.on_notice = on_notice, .stop = stop, .workers = nullptr}); });
}

}  // namespace plume
