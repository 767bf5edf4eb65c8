#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/llama.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_mistral3_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "8"},
    {"sliding_window", "attention.sliding_window"},
    {"rope_parameters.original_max_position_embeddings", "rope.scaling.original_context_length", key_kind::count, "required"},
    {"rope_parameters.llama_4_scaling_beta", "attention.temperature_scale", key_kind::real, "required"},
};
inline constexpr hf_demand hf_mistral3_text[] = {{"text_config.model_type", "ministral3"}};

/// Its folders. Source: transformers, Ministral3Config and Mistral3Config, and the classes of the models. The latter has a part that sees, which is left alone.
inline constexpr hf_family mistral3_folders[] = {
    {.hf_class    = "Ministral3ForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_mistral3_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_gated_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "Mistral3ForConditionalGeneration",
     .when        = hf_mistral3_text,
     .keys        = hf_decoder_keys,
     .own_keys    = hf_mistral3_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_gated_tensors,
     .ignored     = hf_eyes,
     .part        = "text_config",
     .beginnings  = hf_text_beginnings},
};

/// Ministral 3: Llama with YaRN, whose queries grow with the position.
/// Source: the transformers documentation of Ministral3.
inline constexpr recipe mistral3 = {
    .gguf_name   = "mistral3",
    .folders     = mistral3_folders,
    .window      = true,
    .temperature = true,
};

}  // namespace plume::models
