#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Granite 3 with experts.
/// Source: the transformers documentation of GraniteMoe and GraniteMoeShared.
inline constexpr recipe granitemoe = {
    .gguf_name             = "granitemoe",
    .hf_class              = "GraniteMoeForCausalLM",
    .reads_attention_scale = true,
    .rope_by_key           = true,
    .experts               = true,
    .multipliers           = true,
    .logits                = logit_scale::divides,
};

}  // namespace plume::models
