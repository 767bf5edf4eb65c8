#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Ministral 3: Llama with YaRN, whose queries grow with the position.
/// Source: the transformers documentation of Ministral3.
inline constexpr recipe mistral3 = {
    .gguf_name   = "mistral3",
    .hf_class    = "Ministral3ForCausalLM",
    .window      = true,
    .temperature = true,
};

}  // namespace plume::models
