#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Command R7B: LayerNorm, attention beside the feed-forward, RoPE and a window in three layers of four and neither in the fourth.
/// Source: the transformers documentation of Cohere2.
inline constexpr recipe cohere2 = {
    .gguf_name    = "cohere2",
    .hf_class     = "Cohere2ForCausalLM",
    .norm         = norm_kind::layer,
    .parallel     = parallel_blocks::always,
    .global_every = 4,
    .window       = true,
    .no_rope      = without_rope::global_layers,
    .logits       = logit_scale::multiplies,
};

}  // namespace plume::models
