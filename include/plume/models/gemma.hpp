#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Gemma: GeGLU, embeddings times sqrt(D); its norms multiply by 1 + w, which GGUF has added already.
/// Source: "Gemma: Open Models Based on Gemini Research and Technology", 2024, section 2.
inline constexpr recipe gemma = {
    .gguf_name          = "gemma",
    .hf_class           = "GemmaForCausalLM",
    .rope               = rope_pairs::half_split,
    .function           = nonlinearity::gelu_tanh,
    .embedding_by_width = true,
};

}  // namespace plume::models
