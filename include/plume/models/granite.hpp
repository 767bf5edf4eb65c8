#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Granite 3: Llama whose embeddings, scores, residual stream and logits have multipliers.
/// The layers of Granite 4 that attend are the same, in some models without RoPE.
/// Source: the transformers documentation of Granite and GraniteMoeHybrid; "Tensor Programs V", Yang et al. 2022.
inline constexpr recipe granite = {
    .gguf_name             = "granite",
    .hf_class              = "GraniteForCausalLM",
    .reads_attention_scale = true,
    .rope_by_key           = true,
    .multipliers           = true,
    .logits                = logit_scale::divides,
};

}  // namespace plume::models
