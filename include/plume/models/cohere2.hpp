#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_cohere2_keys[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"sliding_window", "attention.sliding_window", key_kind::count, "4096"},
    {"layer_types", "attention.sliding_window_pattern", key_kind::windows, "4"},
    {"logit_scale", "logit_scale", key_kind::real, "0.0625"},
};
inline constexpr hf_tensor hf_cohere2_tensors[] = {
    {"output_norm", "model.norm"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
};

/// Its folders. Source: transformers, Cohere2Config and Cohere2ForCausalLM.
inline constexpr hf_family cohere2_folders[] = {
    {.hf_class        = "Cohere2ForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_cohere2_keys,
     .demands         = hf_llama_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_cohere2_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// Command R7B: LayerNorm, attention beside the feed-forward, RoPE and a window in three layers of four and neither in the fourth.
/// Source: the transformers documentation of Cohere2.
inline constexpr recipe cohere2 = {
    .gguf_name    = "cohere2",
    .folders      = cohere2_folders,
    .norm         = norm_kind::layer,
    .parallel     = parallel_blocks::always,
    .global_every = 4,
    .window       = true,
    .no_rope      = without_rope::global_layers,
    .logits       = logit_scale::multiplies,
};

}  // namespace plume::models
