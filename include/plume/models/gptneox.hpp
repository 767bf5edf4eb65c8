#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// GPT-NeoX and Pythia: LayerNorm, RoPE over a part of a head, attention beside the feed-forward, a plain GELU.
/// Source: "GPT-NeoX-20B: An Open-Source Autoregressive Language Model", Black et al. 2022, section 2.1.
inline constexpr recipe gptneox = {
    .gguf_name = "gptneox",
    .hf_class  = "GPTNeoXForCausalLM",
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::by_key,
    .rope      = rope_pairs::half_split,
    .function  = nonlinearity::gelu_erf,
    .gated     = false,
};

}  // namespace plume::models
