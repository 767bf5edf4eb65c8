#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// GLM-4: norms before and after the blocks, RoPE over half of a head, gate and up in one matrix.
/// Source: "ChatGLM: A Family of Large Language Models from GLM-130B to GLM-4 All Tools", 2024, and the transformers documentation of Glm4.
inline constexpr recipe glm4 = {
    .gguf_name  = "glm4",
    .hf_class   = "Glm4ForCausalLM",
    .post_norm  = true,
    .fused_gate = true,
};

}  // namespace plume::models
