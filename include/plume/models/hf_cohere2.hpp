#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_key hf_cohere2_keys[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"sliding_window", "attention.sliding_window", key_kind::count, "4096"},
    {"layer_types", "attention.sliding_window_pattern", key_kind::windows, "4"},
    {"logit_scale", "logit_scale", key_kind::real, "0.0625"},
};
inline constexpr hf_tensor hf_cohere2_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm", "model.norm"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};

/// Command R7B and A. Source: transformers, Cohere2Config and Cohere2ForCausalLM.
inline constexpr hf_family hf_cohere2{.hf_class        = "Cohere2ForCausalLM",
                                      .architecture    = "cohere2",
                                      .keys            = hf_decoder_keys,
                                      .own_keys        = hf_cohere2_keys,
                                      .demands         = hf_llama_demands,
                                      .tensors         = hf_cohere2_tensors,
                                      .ignored         = hf_llama_ignored,
                                      .tied_by_default = true};

}  // namespace plume::models
