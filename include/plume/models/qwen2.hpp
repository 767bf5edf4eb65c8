#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Qwen2 and 2.5: Llama with half-split RoPE and biases of queries, keys and values.
/// Source: "Qwen2 Technical Report", Yang et al. 2024, section 2.2.1.
inline constexpr recipe qwen2 = {
    .gguf_name = "qwen2",
    .hf_class  = "Qwen2ForCausalLM",
    .rope      = rope_pairs::half_split,
};

}  // namespace plume::models
