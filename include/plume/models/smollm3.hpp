#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// SmolLM3: Llama without RoPE in every fourth layer.
/// Source: "SmolLM3: smol, multilingual, long-context reasoner", Hugging Face 2025.
inline constexpr recipe smollm3 = {
    .gguf_name = "smollm3",
    .hf_class  = "SmolLM3ForCausalLM",
    .no_rope   = without_rope::every_fourth,
};

}  // namespace plume::models
