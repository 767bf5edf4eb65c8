#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Falcon: LayerNorm, few keys and values, attention beside the feed-forward (with a norm of its own in the larger ones), a plain GELU.
/// Source: "The Falcon Series of Open Language Models", Almazrouei et al. 2023, section 4.
inline constexpr recipe falcon = {
    .gguf_name = "falcon",
    .hf_class  = "FalconForCausalLM",
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::always,
    .rope      = rope_pairs::half_split,
    .function  = nonlinearity::gelu_erf,
    .gated     = false,
};

}  // namespace plume::models
