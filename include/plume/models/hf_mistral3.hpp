#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_key hf_mistral3_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "8"},
    {"sliding_window", "attention.sliding_window"},
    {"rope_parameters.original_max_position_embeddings", "rope.scaling.original_context_length", key_kind::count, "required"},
    {"rope_parameters.llama_4_scaling_beta", "attention.temperature_scale", key_kind::real, "required"},
};

/// Ministral 3. Source: transformers, Ministral3Config and Ministral3ForCausalLM.
inline constexpr hf_family hf_mistral3{.hf_class     = "Ministral3ForCausalLM",
                                       .architecture = "mistral3",
                                       .keys         = hf_decoder_keys,
                                       .own_keys     = hf_mistral3_keys,
                                       .demands      = hf_llama_demands,
                                       .tensors      = hf_llama_tensors,
                                       .ignored      = hf_llama_ignored};

// With an eye: the part that reads and writes text, which is a Ministral 3, or in Mistral Small 3.1 and 3.2 a Mistral.
inline constexpr hf_demand        hf_mistral3_text[]       = {{"text_config.model_type", "ministral3"}};
inline constexpr hf_demand        hf_mistral3_old_text[]   = {{"text_config.model_type", "mistral"}};
inline constexpr hf_beginning     hf_mistral3_beginnings[] = {{"model.", "model.language_model."}, {"", "language_model."}, {"", ""}};
inline constexpr std::string_view hf_mistral3_ignored[]    = {"vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."};

/// Source: transformers, Mistral3Config and Mistral3ForConditionalGeneration.
inline constexpr hf_family hf_mistral3_seeing_mistral{.hf_class     = "Mistral3ForConditionalGeneration",
                                                      .when         = hf_mistral3_old_text,
                                                      .architecture = "llama",
                                                      .keys         = hf_decoder_keys,
                                                      .own_keys     = hf_mistral_keys,
                                                      .demands      = hf_llama_demands,
                                                      .tensors      = hf_llama_tensors,
                                                      .ignored      = hf_mistral3_ignored,
                                                      .part         = "text_config",
                                                      .beginnings   = hf_mistral3_beginnings};
inline constexpr hf_family hf_mistral3_seeing{.hf_class     = "Mistral3ForConditionalGeneration",
                                              .when         = hf_mistral3_text,
                                              .architecture = "mistral3",
                                              .keys         = hf_decoder_keys,
                                              .own_keys     = hf_mistral3_keys,
                                              .demands      = hf_llama_demands,
                                              .tensors      = hf_llama_tensors,
                                              .ignored      = hf_mistral3_ignored,
                                              .part         = "text_config",
                                              .beginnings   = hf_mistral3_beginnings};

}  // namespace plume::models
