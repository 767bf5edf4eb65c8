#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_gpt_oss_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "8"},
    {"rope_theta|rope_parameters.rope_theta", "rope.freq_base", key_kind::real, "150000"},
    {"rope_scaling.factor|rope_parameters.factor", "rope.scaling.factor", key_kind::real, "required"},
    {"sliding_window", "attention.sliding_window", key_kind::count, "128"},
    {"layer_types", "attention.sliding_window_pattern", key_kind::windows, "2"},
    {"num_local_experts", "expert_count", key_kind::count, "128"},
    {"num_experts_per_tok|experts_per_token", "expert_used_count", key_kind::count, "4"},
    {"intermediate_size", "expert_feed_forward_length", key_kind::count, "required"},
};
inline constexpr hf_demand hf_gpt_oss_demands[] = {{"hidden_act", "silu"},
                                                   {"swiglu_alpha", "1.702"},
                                                   {"swiglu_limit", "7"},
                                                   {"rope_scaling.rope_type|rope_parameters.rope_type", "yarn"},
                                                   {"quantization_config.quant_method", "mxfp4"}};
// Experts lie in BF16 with rows and columns exchanged, or in MXFP4; gate and up take turns.
inline constexpr hf_tensor hf_gpt_oss_tensors[] = {
    {"blk.#.attn_sinks.weight", "model.layers.#.self_attn.sinks"},
    {"blk.#.post_attention_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
    {"blk.#.ffn_gate_inp", "model.layers.#.mlp.router"},
    {"blk.#.ffn_gate_exps.weight", "model.layers.#.mlp.experts.gate_up_proj", row_change::transpose, true, 0, 2, true},
    {"blk.#.ffn_gate_exps.weight", "model.layers.#.mlp.experts.gate_up_proj_blocks", row_change::mxfp4, false, 0, 2, true},
    {"blk.#.ffn_gate_exps.bias", "model.layers.#.mlp.experts.gate_up_proj_bias", row_change::none, false, 0, 2, true},
    {"blk.#.ffn_up_exps.weight", "model.layers.#.mlp.experts.gate_up_proj", row_change::transpose, true, 1, 2, true},
    {"blk.#.ffn_up_exps.weight", "model.layers.#.mlp.experts.gate_up_proj_blocks", row_change::mxfp4, false, 1, 2, true},
    {"blk.#.ffn_up_exps.bias", "model.layers.#.mlp.experts.gate_up_proj_bias", row_change::none, false, 1, 2, true},
    {"blk.#.ffn_down_exps.weight", "model.layers.#.mlp.experts.down_proj", row_change::transpose, true},
    {"blk.#.ffn_down_exps.weight", "model.layers.#.mlp.experts.down_proj_blocks", row_change::mxfp4},
    {"blk.#.ffn_down_exps.bias", "model.layers.#.mlp.experts.down_proj_bias"},
};

/// Its folders. Source: transformers, GptOssConfig and GptOssForCausalLM; OCP Microscaling Formats v1.0, section 5.3.
inline constexpr hf_family gpt_oss_folders[] = {
    {.hf_class    = "GptOssForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_gpt_oss_keys,
     .demands     = hf_gpt_oss_demands,
     .tensors     = hf_attention_tensors,
     .own_tensors = hf_gpt_oss_tensors,
     .ignored     = hf_llama_ignored},
};

/// gpt-oss: experts with biases and a clamped SwiGLU, a window in every other layer, attention sinks, YaRN without whole pairs. Its norm before the
/// feed-forward has another name.
/// Source: "gpt-oss-120b & gpt-oss-20b Model Card", OpenAI 2025, section 2.
inline constexpr recipe gpt_oss = {
    .gguf_name      = "gpt-oss",
    .folders        = gpt_oss_folders,
    .ffn_norm       = "post_attention_norm",
    .global_every   = 2,
    .window         = true,
    .sinks          = true,
    .rope           = rope_pairs::half_split,
    .yarn_truncates = false,
    .function       = nonlinearity::clamped_swiglu,
    .experts        = true,
};

}  // namespace plume::models
