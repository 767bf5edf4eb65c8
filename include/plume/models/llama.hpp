#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Llama 1 to 3.3, Mistral, TinyLlama, SmolLM2: RMSNorm, grouped-query attention, RoPE, SwiGLU.
/// Source: "LLaMA: Open and Efficient Foundation Language Models" section 2.2; "The Llama 3 Herd of Models" section 3.2.
inline constexpr recipe llama = {
    .gguf_name = "llama",
    .hf_class  = "LlamaForCausalLM",
};

}  // namespace plume::models
