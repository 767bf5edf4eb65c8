#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// OLMo 2 and 3: norms after the blocks alone, and one of all queries and of all keys together. OLMo 3: windows in three layers of four, where no
/// scaling stretches positions.
/// Source: "2 OLMo 2 Furious", 2025, section 3.
inline constexpr recipe olmo2 = {
    .gguf_name       = "olmo2",
    .hf_class        = "Olmo2ForCausalLM",
    .pre_norm        = false,
    .post_norm       = true,
    .qk              = qk_norm::full_width,
    .global_every    = 4,
    .window          = true,
    .rope            = rope_pairs::half_split,
    .window_unscaled = true,
};

}  // namespace plume::models
