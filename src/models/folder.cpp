#include <plume/models/folder.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include <plume/core/printable.hpp>
#include <plume/quant/formats.hpp>

#include "hf_tensors.hpp"
#include "src/guard.hpp"
#include "src/io/split_name.hpp"
#include "src/text/gguf_keys.hpp"

namespace plume {
namespace {

bool exists(const std::string& path) noexcept {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0;
}

/// What a folder holds that is not read, by the names that files of that kind have.
std::string_view unread_file(const std::string& folder) {
    for (const std::string_view name : {"pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "pytorch_model.pt", "consolidated.00.pth"})
        if (exists(folder + std::string(name))) return name;
    return {};
}

result<io::safetensors> open_weights(const std::string& folder, const io::gguf_options& options) {
    const io::safetensors_options how{.map = options.map};
    for (const std::string_view name : {"model.safetensors", "model.safetensors.index.json"}) {
        const auto path = folder + std::string(name);
        if (!exists(path)) continue;
        return name.ends_with(".json") ? io::safetensors::open_index(path, how) : io::safetensors::open(path, how);
    }
    if (const auto name = unread_file(folder); !name.empty())
        return error{code::format_unsupported, "has its weights as pickle"}
            .in(folder)
            .expected_found("model.safetensors", name)
            .hint("plume never reads pickle, because it can run code: look for the model as safetensors or GGUF, or save it as safetensors");
    return error{code::file_not_found, "has no weights"}
        .in(folder)
        .expected_found("model.safetensors or model.safetensors.index.json", "neither")
        .hint("fetch all files of the model into the folder");
}

std::uint64_t elems_of(const models::shown_tensor& t) {
    std::uint64_t n = 1;
    for (const auto d : t.dims) n *= d;
    return n;
}

/// GGUF's number for what most weights of a file are.
std::uint32_t file_type_of(const std::vector<models::shown_tensor>& tensors) {
    struct kind {
        int           type;
        std::uint32_t number;
        std::uint64_t elems;
    } kinds[] = {{quant::f32::gguf_type, 0, 0}, {quant::f16::gguf_type, 1, 0}, {quant::bf16::gguf_type, 32, 0}, {quant::mxfp4::gguf_type, 38, 0}};
    for (const auto& t : tensors)
        for (auto& k : kinds)
            if (k.type == t.type) k.elems += elems_of(t);
    return std::max_element(std::begin(kinds), std::end(kinds), [](const kind& a, const kind& b) { return a.elems < b.elems; })->number;
}

std::vector<std::byte> bytes_of(const std::vector<float>& values) {
    std::vector<std::byte> bytes(values.size() * sizeof(float));
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

/// Without tokenizer files the model loads and takes ids alone; config.json still names its special tokens.
result<void> write_text_keys(const models::hf_config& config, io::gguf_header& header) {
    header.set_text("tokenizer.ggml.model", "none");
    for (const auto& [hf, gguf] : {std::pair{"bos_token_id", "tokenizer.ggml.bos_token_id"}, {"eos_token_id", "tokenizer.ggml.eos_token_id"}}) {
        const auto v = config.find(hf);
        if (!v) continue;
        const auto first = v->is(json::kind::array) && v->size() > 0 ? *v->elements().begin() : *v;
        const auto n     = first.integer();
        if (!n || *n > 0xffffffff) return config.fault(code::format_invalid, hf, "is not a token id", "an integer", models::hf_config::shown(first));
        if (*n >= 0) header.set_u32(gguf, static_cast<std::uint32_t>(*n));
    }
    return {};
}

result<io::gguf> show_folder(std::string folder, const io::gguf_options& options, bool with_text) {
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    const std::string name(io::base_name(folder));
    folder += '/';
    if (!exists(folder + "config.json"))
        return error{code::file_not_found, "is a folder without config.json"}.in(folder).hint(
            "name a .gguf file, or the folder of a Hugging Face model with all of its files");
    auto config = models::hf_config::open(folder + "config.json");
    if (!config) return error(config.error());
    const auto known = models::find_family(*config);
    if (!known) return error(known.error());
    const auto& family = *known->family;
    config->enter(family.part);
    io::gguf_header header;
    header.set_text("general.architecture", known->recipe->gguf_name);
    header.set_text("general.type", "model");
    header.set_text("general.name", printable(name, 200));
    std::vector<models::rope_factors_tensor> factors;
    auto                                     sizes = write_keys(*config, *known, header, factors);
    if (!sizes) return error(sizes.error());
    const auto weights = open_weights(folder, options);
    if (!weights) return error(weights.error());
    // Files from before the key was written always: without a head of its own the embedding is the head.
    if (!config->find(".tie_word_embeddings") && !has_head(*weights, family)) sizes->tied = true;
    auto tensors = show_tensors(*weights, family, *sizes);
    if (!tensors) return std::move(tensors).error();
    for (const auto& f : factors)
        tensors->push_back({.name = std::string(f.name),
                            .dims = {f.values.size()},
                            .type = 0,
                            .make = [bytes = bytes_of(f.values)](std::uint64_t begin, std::span<std::byte> into) -> result<void> {
                                std::memcpy(into.data(), bytes.data() + begin, into.size());
                                return {};
                            }});
    header.set_u32("general.file_type", file_type_of(*tensors));
    if (auto written = write_text_keys(*config, header); !written) return std::move(written).error();
    if (with_text && has_tokenizer(folder)) {
        const auto rows = std::find_if(tensors->begin(), tensors->end(), [](const auto& t) { return t.name == "token_embd.weight"; });
        if (const auto keys = text::write_gguf_keys(folder, rows == tensors->end() ? 0 : static_cast<std::size_t>(rows->dims.back()), header); !keys)
            return error(keys.error());
    }
    for (const auto& t : *tensors) header.add_tensor(t.name, t.dims, t.type);
    auto                                   built = header.build();
    std::vector<io::composed_source::part> parts;
    for (std::size_t i = 0; i < tensors->size(); ++i) {
        auto&       t      = (*tensors)[i];
        const auto  next   = i + 1 < tensors->size() ? built.offsets[i + 1] : built.size;
        const auto* format = quant::find_format(t.type);
        const auto  n      = elems_of(t) / format->weights * format->block_bytes;
        parts.push_back({built.offsets[i], std::min(n, next - built.offsets[i]), std::move(t.make)});
    }
    folder.pop_back();
    return io::gguf::from_source(std::make_shared<io::composed_source>(std::move(folder), std::move(built.bytes), std::move(parts), built.size),
                                 options.limits);
}

}  // namespace

bool has_tokenizer(const std::string& folder) {
    return exists(folder + "/tokenizer.json") || exists(folder + "/tekken.json") || exists(folder + "/tokenizer.model");
}

bool is_folder(const std::string& path) noexcept {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

result<io::gguf> open_model_file(const std::string& path, io::gguf_options options, bool with_text) {
    if (!is_folder(path)) return io::gguf::open(path, options);
    return guarded([&] { return show_folder(path, options, with_text); });
}

}  // namespace plume
