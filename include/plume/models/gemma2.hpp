#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Gemma 2: Gemma with a norm after each block too, a window in every other layer, and soft caps of scores and logits.
/// Source: "Gemma 2: Improving Open Language Models at a Practical Size", 2024, section 2.
inline constexpr recipe gemma2 = {
    .gguf_name             = "gemma2",
    .hf_class              = "Gemma2ForCausalLM",
    .post_norm             = true,
    .global_every          = 2,
    .window                = true,
    .default_window        = 4096,
    .reads_attention_scale = true,
    .scaled_by_width       = 46,  // 27B
    .rope                  = rope_pairs::half_split,
    .function              = nonlinearity::gelu_tanh,
    .embedding_by_width    = true,
    .soft_caps             = true,
    .attention_cap         = 50,
    .final_cap             = 30,
};

}  // namespace plume::models
