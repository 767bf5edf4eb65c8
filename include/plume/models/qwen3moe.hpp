#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Qwen3 with experts, none of which is shared.
/// Source: "Qwen3 Technical Report", Yang et al. 2025, section 2.
inline constexpr recipe qwen3moe = {
    .gguf_name = "qwen3moe",
    .hf_class  = "Qwen3MoeForCausalLM",
    .qk        = qk_norm::per_head,
    .rope      = rope_pairs::half_split,
    .experts   = true,
};

}  // namespace plume::models
