#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_starcoder2_keys[] = {
    {"norm_epsilon", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"sliding_window", "attention.sliding_window"},
};
inline constexpr hf_demand hf_starcoder2_demands[] = {{"hidden_act", "gelu_pytorch_tanh"}};
inline constexpr hf_tensor hf_starcoder2_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm", "model.norm"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.c_fc"},
    {"blk.#.ffn_down", "model.layers.#.mlp.c_proj"},
};

/// Its folders. Source: transformers, Starcoder2Config and Starcoder2ForCausalLM.
inline constexpr hf_family starcoder2_folders[] = {
    {.hf_class        = "Starcoder2ForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_starcoder2_keys,
     .demands         = hf_starcoder2_demands,
     .tensors         = hf_starcoder2_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// StarCoder2: LayerNorm, a plain GELU, biases everywhere, a window in all layers.
/// Source: "StarCoder 2 and The Stack v2: The Next Generation", Lozhkov et al. 2024, section 6.
inline constexpr recipe starcoder2 = {
    .gguf_name = "starcoder2",
    .folders   = starcoder2_folders,
    .norm      = norm_kind::layer,
    .window    = true,
    .rope      = rope_pairs::half_split,
    .function  = nonlinearity::gelu_tanh,
    .gated     = false,
};

}  // namespace plume::models
