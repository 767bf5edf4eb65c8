#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/safetensors_writer.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny_model.hpp"

// The tiny model as a Hugging Face folder: the same weights under the names, and in the order of rows, that transformers gives them.

namespace plume::test {

using config_values = std::map<std::string, std::string>;  // the text of each value of config.json

inline config_values tiny_config(const tiny_options& o) {
    const auto text = [](std::size_t n) { return std::to_string(n); };
    return {{"architectures", "[\"LlamaForCausalLM\"]"},
            {"model_type", "\"llama\""},
            {"hidden_act", "\"silu\""},
            {"hidden_size", text(o.d)},
            {"intermediate_size", text(o.ffn)},
            {"max_position_embeddings", text(o.context)},
            {"num_attention_heads", text(o.heads)},
            {"num_hidden_layers", text(o.layers)},
            {"num_key_value_heads", text(o.kv_heads)},
            {"head_dim", text(o.head ? o.head : o.d / o.heads)},
            {"rms_norm_eps", "1e-05"},
            {"rope_theta", "10000.0"},
            {"rope_scaling", "null"},
            {"tie_word_embeddings", o.tied ? "true" : "false"},
            {"vocab_size", text(o.tokens)},
            {"bos_token_id", "1"},
            {"eos_token_id", "[2, 7]"}};
}

inline std::string config_text(const config_values& values) {
    std::string text;
    for (const auto& [key, value] : values) text += (text.empty() ? "{\n  \"" : ",\n  \"") + key + "\": " + value;
    return text + "\n}\n";
}

/// "blk.1.attn_q.weight" to "model.layers.1.self_attn.q_proj.weight".
inline std::string hf_name(std::string name) {
    const std::pair<const char*, const char*> parts[] = {
        {"token_embd", "model.embed_tokens"}, {"output_norm", "model.norm"},  {"attn_norm", "input_layernorm"},    {"attn_q", "self_attn.q_proj"},
        {"attn_k", "self_attn.k_proj"},       {"attn_v", "self_attn.v_proj"}, {"attn_output", "self_attn.o_proj"}, {"ffn_norm", "post_attention_layernorm"},
        {"ffn_gate", "mlp.gate_proj"},        {"ffn_up", "mlp.up_proj"},      {"ffn_down", "mlp.down_proj"},       {"blk.", "model.layers."}};
    if (name == "output.weight") return "lm_head.weight";
    for (const auto& [gguf, hf] : parts)
        if (const auto at = name.find(gguf); at != std::string::npos) name.replace(at, std::string_view(gguf).size(), hf);
    return name;
}

/// Rows of heads whose pairs are (2i, 2i + 1) to the order where they are (i, i + E/2).
inline byte_string halves(const byte_string& rows, std::size_t n_rows, std::size_t heads) {
    const std::size_t size = rows.size() / n_rows, E = n_rows / heads;
    byte_string       out(rows.size());
    for (std::size_t r = 0; r < n_rows; ++r) {
        const std::size_t j = r % E, to = r - j + j / 2 + j % 2 * (E / 2);
        std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(r * size), size, out.begin() + static_cast<std::ptrdiff_t>(to * size));
    }
    return out;
}

/// The tensors; matrices in the type that the options gave them (F32, F16 or BF16), vectors in F32.
inline safetensors_writer tiny_tensors(const tiny_options& o) {
    safetensors_writer w;
    for (const auto& t : tiny_model(o).tensors) {
        if (t.name == "rope_freqs.weight") continue;
        const auto  rows  = t.dims.size() > 1 ? t.dims[1] : t.dims[0];
        const bool  query = t.name.find("attn_q") != std::string::npos, key = t.name.find("attn_k") != std::string::npos;
        const char* type = t.type == 0 ? "F32" : t.type == 1 ? "F16" : "BF16";
        w.add(hf_name(t.name), type, t.dims.size() > 1 ? std::vector{t.dims[1], t.dims[0]} : t.dims,
              query || key ? halves(t.data, rows, query ? o.heads : o.kv_heads) : t.data);
    }
    return w;
}

/// Writes the folder and gives its path.
inline std::string write_folder(const temporary_folder& folder, const config_values& config, const safetensors_writer& tensors) {
    const auto text = config_text(config);
    folder.write("config.json", std::as_bytes(std::span(text)));
    folder.write("model.safetensors", tensors.build().data);
    return folder.path();
}

}  // namespace plume::test
