#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_key hf_stablelm_keys[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"partial_rotary_factor|rope_parameters.partial_rotary_factor", "rope.dimension_count", key_kind::portion, "0.25"},
    {"use_parallel_residual", "use_parallel_residual", key_kind::flag, "false"},
};
inline constexpr hf_demand hf_stablelm_demands[] = {{"hidden_act", "silu|swish"}, {"qk_layernorm", "false"}};
inline constexpr hf_tensor hf_stablelm_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm", "model.norm"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm", row_change::none, true},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};

/// StableLM without norms of heads. Source: transformers, StableLmConfig and StableLmForCausalLM.
inline constexpr hf_family hf_stablelm{.hf_class     = "StableLmForCausalLM",
                                       .architecture = "stablelm",
                                       .keys         = hf_decoder_keys,
                                       .own_keys     = hf_stablelm_keys,
                                       .demands      = hf_stablelm_demands,
                                       .tensors      = hf_stablelm_tensors,
                                       .ignored      = hf_llama_ignored};

}  // namespace plume::models
