#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/qwen2moe.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_demand hf_qwen3_moe_demands[] = {
    {"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}, {"norm_topk_prob", "true"}, {"decoder_sparse_step", "1"}};

/// Its folders. Source: transformers, Qwen3MoeConfig and Qwen3MoeForCausalLM.
inline constexpr hf_family qwen3moe_folders[] = {
    {.hf_class    = "Qwen3MoeForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_qwen_moe_keys,
     .demands     = hf_qwen3_moe_demands,
     .tensors     = hf_attention_tensors,
     .own_tensors = hf_qwen_moe_tensors,
     .ignored     = hf_llama_ignored},
};

/// Qwen3 with experts, none of which is shared.
/// Source: "Qwen3 Technical Report", Yang et al. 2025, section 2.
inline constexpr recipe qwen3moe = {
    .gguf_name = "qwen3moe",
    .folders   = qwen3moe_folders,
    .qk        = qk_norm::per_head,
    .rope      = rope_pairs::half_split,
    .experts   = true,
};

}  // namespace plume::models
