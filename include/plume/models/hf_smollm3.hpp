#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_key hf_smollm3_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
};
inline constexpr hf_demand hf_smollm3_demands[] = {{"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}, {"no_rope_layer_interval", "4"}};

/// Source: transformers, SmolLM3Config and SmolLM3ForCausalLM. Every fourth layer is without RoPE.
inline constexpr hf_family hf_smollm3{.hf_class        = "SmolLM3ForCausalLM",
                                      .architecture    = "smollm3",
                                      .keys            = hf_decoder_keys,
                                      .own_keys        = hf_smollm3_keys,
                                      .demands         = hf_smollm3_demands,
                                      .tensors         = hf_llama_tensors,
                                      .ignored         = hf_llama_ignored,
                                      .tied_by_default = true};

}  // namespace plume::models
