#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_seed_oss_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "8"},
};
inline constexpr hf_tensor hf_seed_oss_tensors[] = {
    {"output_norm.weight", "model.norm.weight"},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
    {"blk.#.post_attention_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
};

/// Its folders. Source: transformers, SeedOssConfig and SeedOssForCausalLM.
inline constexpr hf_family seed_oss_folders[] = {
    {.hf_class    = "SeedOssForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_seed_oss_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_seed_oss_tensors,
     .ignored     = hf_llama_ignored},
};

/// Seed-OSS: Llama with half-split RoPE and biases of queries, keys and values. Its norm before the feed-forward has another name.
/// Source: the transformers documentation of SeedOss.
inline constexpr recipe seed_oss = {
    .gguf_name = "seed_oss",
    .folders   = seed_oss_folders,
    .ffn_norm  = "post_attention_norm",
    .rope      = rope_pairs::half_split,
};

}  // namespace plume::models
