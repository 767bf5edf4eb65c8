#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Llama 1 to 3.3, Mistral, Mixtral, TinyLlama, SmolLM2: RMSNorm, grouped-query attention, RoPE, SwiGLU; optionally a window or experts.
/// llama.attention.sliding_window is plume's own key: other programs give Mistral 7B v0.1 no window.
/// Source: "LLaMA: Open and Efficient Foundation Language Models" section 2.2; "The Llama 3 Herd of Models" section 3.2; "Mixtral of Experts" section 2.
inline constexpr recipe llama = {
    .gguf_name = "llama",
    .hf_class  = "LlamaForCausalLM",
    .window    = true,
    .experts   = true,
};

}  // namespace plume::models
