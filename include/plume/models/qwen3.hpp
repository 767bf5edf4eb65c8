#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Qwen3: Llama with half-split RoPE and an RMSNorm over each query and key head before it.
/// Source: "Qwen3 Technical Report", Yang et al. 2025, section 2.
inline constexpr recipe qwen3 = {
    .gguf_name = "qwen3",
    .hf_class  = "Qwen3ForCausalLM",
    .qk        = qk_norm::per_head,
    .rope      = rope_pairs::half_split,
};

}  // namespace plume::models
