#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/qwen2moe.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_olmoe_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"num_experts|num_local_experts", "expert_count", key_kind::count, "64"},
    {"num_experts_per_tok", "expert_used_count", key_kind::count, "8"},
};
inline constexpr hf_demand hf_olmoe_demands[] = {{"hidden_act", "silu|swish"}, {"clip_qkv", "null"}, {"norm_topk_prob", "false"}};

/// Its folders. Source: transformers, OlmoeConfig and OlmoeForCausalLM; without clipped queries, keys and values.
inline constexpr hf_family olmoe_folders[] = {
    {.hf_class    = "OlmoeForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_olmoe_keys,
     .demands     = hf_olmoe_demands,
     .tensors     = hf_attention_tensors,
     .own_tensors = hf_qwen_moe_tensors,
     .ignored     = hf_llama_ignored},
};

/// OLMoE: experts in all layers, none of them shared, and a norm of all queries and of all keys together.
/// Source: "OLMoE: Open Mixture-of-Experts Language Models", Muennighoff et al. 2024, section 2.
inline constexpr recipe olmoe = {
    .gguf_name   = "olmoe",
    .folders     = olmoe_folders,
    .qk          = qk_norm::full_width,
    .rope        = rope_pairs::half_split,
    .experts     = true,
    .renormalise = false,
};

}  // namespace plume::models
