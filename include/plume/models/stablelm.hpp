#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// StableLM 3B and 2: LayerNorm, RoPE over a part of a head; the 12B has attention beside the feed-forward and a norm of each query and key head.
/// Source: "Stable LM 2 1.6B Technical Report", Bellagente et al. 2024, section 3.2.
inline constexpr recipe stablelm = {
    .gguf_name = "stablelm",
    .hf_class  = "StableLmForCausalLM",
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::by_key,
    .qk        = qk_norm::own_per_head,
    .rope      = rope_pairs::half_split,
};

}  // namespace plume::models
