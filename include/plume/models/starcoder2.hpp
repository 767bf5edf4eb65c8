#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// StarCoder2: LayerNorm, a plain GELU, biases everywhere, a window in all layers.
/// Source: "StarCoder 2 and The Stack v2: The Next Generation", Lozhkov et al. 2024, section 6.
inline constexpr recipe starcoder2 = {
    .gguf_name = "starcoder2",
    .hf_class  = "Starcoder2ForCausalLM",
    .norm      = norm_kind::layer,
    .window    = true,
    .rope      = rope_pairs::half_split,
    .function  = nonlinearity::gelu_tanh,
    .gated     = false,
};

}  // namespace plume::models
