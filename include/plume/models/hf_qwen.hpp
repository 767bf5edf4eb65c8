#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

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

/// Source: transformers, Qwen2Config and Qwen3Config, and the classes ForCausalLM of both (names and defaults).
inline constexpr hf_family hf_qwen2{.hf_class     = "Qwen2ForCausalLM",
                                    .architecture = "qwen2",
                                    .keys         = hf_decoder_keys,
                                    .own_keys     = hf_qwen_keys,
                                    .demands      = hf_qwen_demands,
                                    .tensors      = hf_decoder_tensors,
                                    .own_tensors  = hf_qwen_tensors,
                                    .ignored      = hf_llama_ignored};
inline constexpr hf_family hf_qwen3{.hf_class     = "Qwen3ForCausalLM",
                                    .architecture = "qwen3",
                                    .keys         = hf_decoder_keys,
                                    .own_keys     = hf_qwen_keys,
                                    .demands      = hf_qwen_demands,
                                    .tensors      = hf_decoder_tensors,
                                    .own_tensors  = hf_qwen_tensors,
                                    .ignored      = hf_llama_ignored};

inline constexpr hf_tensor hf_qwen_moe_tensors[] = {
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
    {"blk.#.ffn_gate_inp.weight", "model.layers.#.mlp.gate.weight"},
    {"blk.#.ffn_gate_exps.weight", "model.layers.#.mlp.experts.@.gate_proj.weight"},
    {"blk.#.ffn_up_exps.weight", "model.layers.#.mlp.experts.@.up_proj.weight"},
    {"blk.#.ffn_down_exps.weight", "model.layers.#.mlp.experts.@.down_proj.weight"},
    {"blk.#.ffn_gate_inp_shexp.weight", "model.layers.#.mlp.shared_expert_gate.weight", row_change::one_row, true},
    {"blk.#.ffn_gate_shexp.weight", "model.layers.#.mlp.shared_expert.gate_proj.weight", row_change::none, true},
    {"blk.#.ffn_up_shexp.weight", "model.layers.#.mlp.shared_expert.up_proj.weight", row_change::none, true},
    {"blk.#.ffn_down_shexp.weight", "model.layers.#.mlp.shared_expert.down_proj.weight", row_change::none, true},
};
inline constexpr hf_key hf_qwen_moe_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"num_experts|num_local_experts", "expert_count", key_kind::count, "required"},
    {"num_experts_per_tok", "expert_used_count", key_kind::count, "required"},
    {"moe_intermediate_size", "expert_feed_forward_length", key_kind::count, "required"},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length"},
};
inline constexpr hf_demand hf_qwen2_moe_demands[] = {
    {"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}, {"norm_topk_prob", "false"}, {"decoder_sparse_step", "1"}};
inline constexpr hf_demand hf_qwen3_moe_demands[] = {
    {"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}, {"norm_topk_prob", "true"}, {"decoder_sparse_step", "1"}};

inline constexpr hf_family hf_qwen2_moe{.hf_class     = "Qwen2MoeForCausalLM",
                                        .architecture = "qwen2moe",
                                        .keys         = hf_decoder_keys,
                                        .own_keys     = hf_qwen_moe_keys,
                                        .demands      = hf_qwen2_moe_demands,
                                        .tensors      = hf_qwen_moe_tensors,
                                        .ignored      = hf_llama_ignored};
inline constexpr hf_family hf_qwen3_moe{.hf_class     = "Qwen3MoeForCausalLM",
                                        .architecture = "qwen3moe",
                                        .keys         = hf_decoder_keys,
                                        .own_keys     = hf_qwen_moe_keys,
                                        .demands      = hf_qwen3_moe_demands,
                                        .tensors      = hf_qwen_moe_tensors,
                                        .ignored      = hf_llama_ignored};

}  // namespace plume::models
