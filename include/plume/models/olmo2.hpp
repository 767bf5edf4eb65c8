#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_olmo_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"sliding_window", "attention.sliding_window"},
    {"layer_types", "attention.sliding_window_pattern", key_kind::windows, "0"},
};
inline constexpr hf_key hf_olmo2_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
};
inline constexpr hf_tensor hf_olmo_tensors[] = {
    {"output_norm", "model.norm"},
    {"blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm"},
    {"blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm"},
    {"blk.#.attn_q_norm", "model.layers.#.self_attn.q_norm"},
    {"blk.#.attn_k_norm", "model.layers.#.self_attn.k_norm"},
};

/// Its folders. Source: transformers, Olmo2Config and Olmo3Config, and the classes ForCausalLM of both.
inline constexpr hf_family olmo2_folders[] = {
    {.hf_class    = "Olmo2ForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_olmo2_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_olmo_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "Olmo3ForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_olmo_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_olmo_tensors,
     .ignored     = hf_llama_ignored},
};

/// OLMo 2 and 3: norms after the blocks alone, and one of all queries and of all keys together. OLMo 3: windows in three layers of four, where no
/// scaling stretches positions.
/// Source: "2 OLMo 2 Furious", 2025, section 3.
inline constexpr recipe olmo2 = {
    .gguf_name       = "olmo2",
    .folders         = olmo2_folders,
    .pre_norm        = false,
    .post_norm       = true,
    .qk              = qk_norm::full_width,
    .global_every    = 4,
    .window          = true,
    .rope            = rope_pairs::half_split,
    .window_unscaled = true,
};

}  // namespace plume::models
