#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_demand hf_qwen_demands[] = {{"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}};

inline constexpr hf_tensor hf_qwen_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
    {"blk.#.attn_q", "model.layers.#.self_attn.q_proj"},
    {"blk.#.attn_k", "model.layers.#.self_attn.k_proj"},
    {"blk.#.attn_v", "model.layers.#.self_attn.v_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight", row_change::none, true},
    {"blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight", row_change::none, true},
    {"blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
    {"blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};

/// Source: transformers, Qwen2Config and Qwen3Config, and the classes ForCausalLM of both (names and defaults).
inline constexpr hf_family hf_qwen2{.hf_class     = "Qwen2ForCausalLM",
                                    .architecture = "qwen2",
                                    .keys         = hf_llama_keys,
                                    .demands      = hf_qwen_demands,
                                    .tensors      = hf_qwen_tensors,
                                    .ignored      = hf_llama_ignored};
inline constexpr hf_family hf_qwen3{.hf_class     = "Qwen3ForCausalLM",
                                    .architecture = "qwen3",
                                    .keys         = hf_llama_keys,
                                    .demands      = hf_qwen_demands,
                                    .tensors      = hf_qwen_tensors,
                                    .ignored      = hf_llama_ignored};

}  // namespace plume::models
