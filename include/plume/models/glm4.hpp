#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_glm4_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1.5625e-07"},
    {"partial_rotary_factor|rope_parameters.partial_rotary_factor", "rope.dimension_count", key_kind::portion, "0.5"},
};
inline constexpr hf_tensor hf_glm4_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm", "model.norm"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.post_attention_norm", "model.layers.#.post_self_attn_layernorm"},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm"},
    {"blk.#.post_ffw_norm", "model.layers.#.post_mlp_layernorm"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.gate_up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};

/// Its folders. Source: transformers, Glm4Config and Glm4ForCausalLM.
inline constexpr hf_family glm4_folders[] = {
    {.hf_class = "Glm4ForCausalLM",
     .keys     = hf_decoder_keys,
     .own_keys = hf_glm4_keys,
     .demands  = hf_llama_demands,
     .tensors  = hf_glm4_tensors,
     .ignored  = hf_llama_ignored},
};

/// GLM-4: norms before and after the blocks, RoPE over half of a head, gate and up in one matrix.
/// Source: "ChatGLM: A Family of Large Language Models from GLM-130B to GLM-4 All Tools", 2024, and the transformers documentation of Glm4.
inline constexpr recipe glm4 = {
    .gguf_name  = "glm4",
    .folders    = glm4_folders,
    .post_norm  = true,
    .fused_gate = true,
};

}  // namespace plume::models
