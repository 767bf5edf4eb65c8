#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Qwen1.5 and 2 with experts: one of them meets every token, scaled by a sigmoid of its own.
/// Source: "Qwen2 Technical Report", Yang et al. 2024, section 2.2.2.
inline constexpr recipe qwen2moe = {
    .gguf_name   = "qwen2moe",
    .hf_class    = "Qwen2MoeForCausalLM",
    .rope        = rope_pairs::half_split,
    .experts     = true,
    .renormalise = false,
};

}  // namespace plume::models
