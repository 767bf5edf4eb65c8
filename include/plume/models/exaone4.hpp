#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// EXAONE 4: norms after the blocks alone, and of queries and keys; the large one has RoPE and a window in three layers of four and neither in the
/// fourth.
/// Source: "EXAONE 4.0 Technical Report", 2025, section 2.
inline constexpr recipe exaone4 = {
    .gguf_name    = "exaone4",
    .hf_class     = "Exaone4ForCausalLM",
    .pre_norm     = false,
    .post_norm    = true,
    .qk           = qk_norm::per_head,
    .global_every = 4,
    .window       = true,
    .rope         = rope_pairs::half_split,
    .no_rope      = without_rope::global_layers,
};

}  // namespace plume::models
