#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// GPT-2: LayerNorm, learned positions, a plain GELU, biases everywhere.
/// Source: "Language Models are Unsupervised Multitask Learners", Radford et al. 2019, section 2.3.
inline constexpr recipe gpt2 = {
    .gguf_name = "gpt2",
    .hf_class  = "GPT2LMHeadModel",
    .norm      = norm_kind::layer,
    .learned   = true,
    .function  = nonlinearity::gelu_tanh,
    .gated     = false,
};

}  // namespace plume::models
