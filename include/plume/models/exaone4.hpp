#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_exaone4_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"sliding_window", "attention.sliding_window"},
    {"layer_types", "attention.sliding_window_pattern", key_kind::windows, "4"},
};
inline constexpr hf_tensor hf_exaone4_tensors[] = {
    {"output_norm", "model.norm"},
    {"blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm"},
    {"blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm"},
    {"blk.#.attn_q_norm", "model.layers.#.self_attn.q_norm"},
    {"blk.#.attn_k_norm", "model.layers.#.self_attn.k_norm"},
};

/// Its folders. Source: transformers, Exaone4Config and Exaone4ForCausalLM.
inline constexpr hf_family exaone4_folders[] = {
    {.hf_class    = "Exaone4ForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_exaone4_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_exaone4_tensors,
     .ignored     = hf_llama_ignored},
};

/// EXAONE 4: norms after the blocks alone, and of queries and keys; the large one has RoPE and a window in three layers of four and neither in the
/// fourth.
/// Source: "EXAONE 4.0 Technical Report", 2025, section 2.
inline constexpr recipe exaone4 = {
    .gguf_name    = "exaone4",
    .folders      = exaone4_folders,
    .pre_norm     = false,
    .post_norm    = true,
    .qk           = qk_norm::per_head,
    .global_every = 4,
    .window       = true,
    .rope         = rope_pairs::half_split,
    .no_rope      = without_rope::global_layers,
};

}  // namespace plume::models
