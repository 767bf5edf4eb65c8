#pragma once

#include <plume/models/hf_family.hpp>

namespace plume::models {

inline constexpr hf_key hf_gemma3_keys[] = {
    {"vocab_size", "vocab_size", key_kind::count, "required"},
    {"max_position_embeddings", "context_length", key_kind::count, "131072"},
    {"hidden_size", "embedding_length", key_kind::count, "required"},
    {"num_hidden_layers", "block_count", key_kind::count, "required"},
    {"intermediate_size", "feed_forward_length", key_kind::count, "required"},
    {"num_attention_heads", "attention.head_count", key_kind::count, "8"},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "4"},
    {"head_dim", "attention.key_length", key_kind::count, "256"},
    {"head_dim", "attention.value_length", key_kind::count, "256"},
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"rope_theta|rope_parameters.full_attention.rope_theta", "rope.freq_base", key_kind::real, "1000000"},
    {"rope_local_base_freq|rope_parameters.sliding_attention.rope_theta", "rope.freq_base_swa", key_kind::real, "10000"},
    {"sliding_window", "attention.sliding_window", key_kind::count, "4096"},
    {"final_logit_softcapping", "final_logit_softcapping", key_kind::real},
    {"attn_logit_softcapping", "attn_logit_softcapping", key_kind::real},
};
inline constexpr hf_demand hf_gemma3_demands[] = {{"hidden_activation", "gelu_pytorch_tanh"}, {"use_bidirectional_attention", "false"}};

inline constexpr hf_tensor hf_gemma3_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight", row_change::plus_one},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight", row_change::plus_one},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight", row_change::plus_one},
    {"blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight", row_change::plus_one},
    {"blk.#.post_attention_norm.weight", "model.layers.#.post_attention_layernorm.weight", row_change::plus_one},
    {"blk.#.ffn_norm.weight", "model.layers.#.pre_feedforward_layernorm.weight", row_change::plus_one},
    {"blk.#.post_ffw_norm.weight", "model.layers.#.post_feedforward_layernorm.weight", row_change::plus_one},
    {"blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};

/// Gemma 3's text models. Source: transformers, Gemma3TextConfig and Gemma3ForCausalLM (names and defaults).
inline constexpr hf_family hf_gemma3{.hf_class        = "Gemma3ForCausalLM",
                                     .architecture    = "gemma3",
                                     .keys            = hf_gemma3_keys,
                                     .demands         = hf_gemma3_demands,
                                     .tensors         = hf_gemma3_tensors,
                                     .ignored         = {},
                                     .tied_by_default = true};

}  // namespace plume::models
