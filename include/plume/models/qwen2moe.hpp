#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_qwen_moe_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"num_experts|num_local_experts", "expert_count", key_kind::count, "required"},
    {"num_experts_per_tok", "expert_used_count", key_kind::count, "required"},
    {"moe_intermediate_size", "expert_feed_forward_length", key_kind::count, "required"},
    {"shared_expert_intermediate_size", "expert_shared_feed_forward_length"},
};
inline constexpr hf_demand hf_qwen2_moe_demands[] = {
    {"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}, {"norm_topk_prob", "false"}, {"decoder_sparse_step", "1"}};
inline constexpr hf_tensor hf_qwen_moe_tensors[] = {
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

/// Its folders. Source: transformers, Qwen2MoeConfig and Qwen2MoeForCausalLM.
inline constexpr hf_family qwen2moe_folders[] = {
    {.hf_class    = "Qwen2MoeForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_qwen_moe_keys,
     .demands     = hf_qwen2_moe_demands,
     .tensors     = hf_attention_tensors,
     .own_tensors = hf_qwen_moe_tensors,
     .ignored     = hf_llama_ignored},
};

/// Qwen1.5 and 2 with experts: one of them meets every token, scaled by a sigmoid of its own.
/// Source: "Qwen2 Technical Report", Yang et al. 2024, section 2.2.2.
inline constexpr recipe qwen2moe = {
    .gguf_name   = "qwen2moe",
    .folders     = qwen2moe_folders,
    .rope        = rope_pairs::half_split,
    .experts     = true,
    .renormalise = false,
};

}  // namespace plume::models
