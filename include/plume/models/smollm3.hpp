#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_smollm3_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
};
inline constexpr hf_demand hf_smollm3_demands[] = {{"hidden_act", "silu|swish"}, {"use_sliding_window", "false"}, {"no_rope_layer_interval", "4"}};

/// Its folders. Source: transformers, SmolLM3Config and SmolLM3ForCausalLM.
inline constexpr hf_family smollm3_folders[] = {
    {.hf_class        = "SmolLM3ForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_smollm3_keys,
     .demands         = hf_smollm3_demands,
     .tensors         = hf_llama_tensors,
     .own_tensors     = hf_gated_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// SmolLM3: Llama without RoPE in every fourth layer.
/// Source: "SmolLM3: smol, multilingual, long-context reasoner", Hugging Face 2025.
inline constexpr recipe smollm3 = {
    .gguf_name = "smollm3",
    .folders   = smollm3_folders,
    .no_rope   = without_rope::every_fourth,
};

}  // namespace plume::models
