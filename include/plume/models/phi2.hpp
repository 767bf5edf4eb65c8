#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_phi2_keys[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"partial_rotary_factor|rope_parameters.partial_rotary_factor", "rope.dimension_count", key_kind::portion, "0.5"},
};
inline constexpr hf_demand hf_phi2_demands[] = {{"hidden_act", "gelu_new"}, {"qk_layernorm", "false"}};
inline constexpr hf_tensor hf_phi2_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm", "model.final_layernorm"},
    {"output.weight", "lm_head.weight"},
    {"output.bias", "lm_head.bias"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.dense"},
    {"blk.#.ffn_up", "model.layers.#.mlp.fc1"},
    {"blk.#.ffn_down", "model.layers.#.mlp.fc2"},
};

/// Its folders. Source: transformers, PhiConfig and PhiForCausalLM.
inline constexpr hf_family phi2_folders[] = {
    {.hf_class = "PhiForCausalLM",
     .keys     = hf_decoder_keys,
     .own_keys = hf_phi2_keys,
     .demands  = hf_phi2_demands,
     .tensors  = hf_phi2_tensors,
     .ignored  = hf_llama_ignored},
};

/// Phi-1, 1.5 and 2: LayerNorm, RoPE over a part of a head, attention beside the feed-forward, biases everywhere, of the head too.
/// Source: "Textbooks Are All You Need II: phi-1.5 technical report", Li et al. 2023, section 2.1.
inline constexpr recipe phi2 = {
    .gguf_name = "phi2",
    .folders   = phi2_folders,
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::always,
    .rope      = rope_pairs::half_split,
    .function  = nonlinearity::gelu_tanh,
    .gated     = false,
};

}  // namespace plume::models
