#pragma once

#include <plume/models/hf_family.hpp>

// What the folders of many families have in common.

namespace plume::models {

/// What nearly all decoder families of transformers call their sizes.
inline constexpr hf_key hf_decoder_keys[] = {
    {"vocab_size", "vocab_size", key_kind::count, "required"},
    {"max_position_embeddings", "context_length", key_kind::count, "required"},
    {"hidden_size", "embedding_length", key_kind::count, "required"},
    {"num_hidden_layers", "block_count", key_kind::count, "required"},
    {"intermediate_size", "feed_forward_length", key_kind::count, "required"},
    {"num_attention_heads", "attention.head_count", key_kind::count, "required"},
    {"num_key_value_heads", "attention.head_count_kv"},
    {"head_dim", "attention.key_length", key_kind::width},
    {"head_dim", "attention.value_length", key_kind::width},
    {"rope_theta|rope_parameters.rope_theta|rope_parameters.full_attention.rope_theta", "rope.freq_base", key_kind::real, "10000"},
};
/// And their matrices, where none is changed on the way.
inline constexpr hf_tensor hf_decoder_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},  {"output.weight", "lm_head.weight"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"}, {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"}, {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"},  {"blk.#.ffn_up", "model.layers.#.mlp.up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};
inline constexpr hf_demand hf_llama_demands[] = {{"hidden_act", "silu|swish"}, {"pretraining_tp", "1"}};

/// All but the feed-forward where folders have RoPE's rows in halves and GGUF in interleaved pairs: Llama's own, experts, and others.
inline constexpr hf_tensor hf_llama_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj", row_change::pair_q},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj", row_change::pair_k},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
};
inline constexpr hf_tensor hf_gated_tensors[] = {
    {"blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};
/// What is not of the feed-forward where folders have RoPE's rows as GGUF has them.
inline constexpr hf_tensor hf_attention_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
};
inline constexpr std::string_view hf_llama_ignored[] = {"rotary_emb.inv_freq"};

}  // namespace plume::models
