#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/qwen2.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

/// Its folders. Source: transformers, Qwen3Config and Qwen3ForCausalLM.
inline constexpr hf_family qwen3_folders[] = {
    {.hf_class    = "Qwen3ForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_qwen_keys,
     .demands     = hf_qwen_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_qwen_tensors,
     .ignored     = hf_llama_ignored},
};

/// Qwen3: Llama with half-split RoPE and an RMSNorm over each query and key head before it.
/// Source: "Qwen3 Technical Report", Yang et al. 2025, section 2.
inline constexpr recipe qwen3 = {
    .gguf_name = "qwen3",
    .folders   = qwen3_folders,
    .qk        = qk_norm::per_head,
    .rope      = rope_pairs::half_split,
};

}  // namespace plume::models
