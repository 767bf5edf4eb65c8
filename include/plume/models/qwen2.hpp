#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_qwen_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
};
inline constexpr hf_demand hf_qwen_demands[] = {{"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}};
inline constexpr hf_tensor hf_qwen_tensors[] = {
    {"output_norm.weight", "model.norm.weight"},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
    {"blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight", row_change::none, true},
    {"blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight", row_change::none, true},
    {"blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
};

/// Its folders. Source: transformers, Qwen2Config and Qwen2ForCausalLM.
inline constexpr hf_family qwen2_folders[] = {
    {.hf_class    = "Qwen2ForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_qwen_keys,
     .demands     = hf_qwen_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_qwen_tensors,
     .ignored     = hf_llama_ignored},
};

/// Qwen2 and 2.5: Llama with half-split RoPE and biases of queries, keys and values.
/// Source: "Qwen2 Technical Report", Yang et al. 2024, section 2.2.1.
inline constexpr recipe qwen2 = {
    .gguf_name = "qwen2",
    .folders   = qwen2_folders,
    .rope      = rope_pairs::half_split,
};

}  // namespace plume::models
