#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Gemma 3: Gemma 2 with a norm of queries and keys in place of the soft caps; five layers of six have a window and a RoPE of base 10,000, whose
/// positions no scaling stretches.
/// Source: "Gemma 3 Technical Report", 2025, section 2.
inline constexpr recipe gemma3 = {
    .gguf_name             = "gemma3",
    .hf_class              = "Gemma3ForCausalLM",
    .post_norm             = true,
    .qk                    = qk_norm::per_head,
    .global_every          = 6,
    .window                = true,
    .reads_attention_scale = true,
    .scaled_by_width       = 62,  // 27B
    .rope                  = rope_pairs::half_split,
    .window_base           = 10'000,
    .window_unscaled       = true,
    .function              = nonlinearity::gelu_tanh,
    .embedding_by_width    = true,
    .soft_caps             = true,
};

}  // namespace plume::models
