#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// Phi-3, 3.5 and 4: Llama with fused projections, RoPE over a part of a head, LongRoPE, and a window in all layers of some.
/// Source: "Phi-3 Technical Report", Abdin et al. 2024, section 2; "LongRoPE", Ding et al. 2024.
inline constexpr recipe phi3 = {
    .gguf_name  = "phi3",
    .hf_class   = "Phi3ForCausalLM",
    .window     = true,
    .rope       = rope_pairs::half_split,
    .fused_gate = true,
};

}  // namespace plume::models
