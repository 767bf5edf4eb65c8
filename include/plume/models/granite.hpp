#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_granite_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"embedding_multiplier", "embedding_scale", key_kind::real},
    {"residual_multiplier", "residual_scale", key_kind::real},
    {"attention_multiplier", "attention.scale", key_kind::real, "1"},
    {"logits_scaling", "logit_scale", key_kind::real},
};

/// Its folders. Source: transformers, GraniteConfig and GraniteForCausalLM.
inline constexpr hf_family granite_folders[] = {
    {.hf_class = "GraniteForCausalLM",
     .keys     = hf_decoder_keys,
     .own_keys = hf_granite_keys,
     .demands  = hf_llama_demands,
     .tensors  = hf_llama_tensors,
     .ignored  = hf_llama_ignored},
};

/// Granite 3: Llama whose embeddings, scores, residual stream and logits have multipliers.
/// The layers of Granite 4 that attend are the same, in some models without RoPE.
/// Source: the transformers documentation of Granite and GraniteMoeHybrid; "Tensor Programs V", Yang et al. 2022.
inline constexpr recipe granite = {
    .gguf_name             = "granite",
    .folders               = granite_folders,
    .reads_attention_scale = true,
    .rope_by_key           = true,
    .multipliers           = true,
    .logits                = logit_scale::divides,
};

}  // namespace plume::models
