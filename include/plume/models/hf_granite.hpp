#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_key hf_granite_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"embedding_multiplier", "embedding_scale", key_kind::real},
    {"residual_multiplier", "residual_scale", key_kind::real},
    {"attention_multiplier", "attention.scale", key_kind::real, "1"},
    {"logits_scaling", "logit_scale", key_kind::real},
};

/// Source: transformers, GraniteConfig and GraniteForCausalLM.
inline constexpr hf_family hf_granite{.hf_class     = "GraniteForCausalLM",
                                      .architecture = "granite",
                                      .keys         = hf_decoder_keys,
                                      .own_keys     = hf_granite_keys,
                                      .demands      = hf_llama_demands,
                                      .tensors      = hf_llama_tensors,
                                      .ignored      = hf_llama_ignored};

}  // namespace plume::models
