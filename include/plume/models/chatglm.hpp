#pragma once

#include <plume/models/glm4.hpp>
#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_tensor hf_chatglm_tensors[] = {
    {"blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
    {"blk.#.ffn_up", "model.layers.#.mlp.gate_up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};

/// Its folders. Source: transformers, GlmConfig and GlmForCausalLM.
inline constexpr hf_family chatglm_folders[] = {
    {.hf_class    = "GlmForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_glm4_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_attention_tensors,
     .own_tensors = hf_chatglm_tensors,
     .ignored     = hf_llama_ignored},
};

/// ChatGLM and GLM-4 9B of 2024: Llama with RoPE over a part of a head, biases of queries, keys and values, gate and up in one matrix.
/// Source: "ChatGLM: A Family of Large Language Models from GLM-130B to GLM-4 All Tools", 2024, and the transformers documentation of Glm.
inline constexpr recipe chatglm = {
    .gguf_name  = "chatglm",
    .folders    = chatglm_folders,
    .fused_gate = true,
};

}  // namespace plume::models
