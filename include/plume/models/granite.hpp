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

// Granite 4 where no layer is a Mamba and none has experts: the feed-forward has the name that elsewhere the shared expert has.
inline constexpr hf_key hf_granite4_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"shared_intermediate_size", "feed_forward_length", key_kind::count, "1024"},
    {"position_embedding_type", "rope.scaling.finetuned", key_kind::is_text, "rope"},
    {"embedding_multiplier", "embedding_scale", key_kind::real},
    {"residual_multiplier", "residual_scale", key_kind::real},
    {"attention_multiplier", "attention.scale", key_kind::real, "1"},
    {"logits_scaling", "logit_scale", key_kind::real},
};
inline constexpr hf_demand hf_granite4_dense[]   = {{"num_local_experts", "0"}};
inline constexpr hf_demand hf_granite4_demands[] = {{"hidden_act", "silu|swish"}, {"layer_types", "attention|full_attention"}};
inline constexpr hf_tensor hf_granite4_tensors[] = {
    {"blk.#.ffn_gate.weight", "model.layers.#.shared_mlp.input_linear.weight", row_change::none, false, 0, 2},
    {"blk.#.ffn_up.weight", "model.layers.#.shared_mlp.input_linear.weight", row_change::none, false, 1, 2},
    {"blk.#.ffn_down.weight", "model.layers.#.shared_mlp.output_linear.weight"},
};

/// Its folders. Source: transformers, GraniteConfig and GraniteMoeHybridConfig, and the classes ForCausalLM of both.
inline constexpr hf_family granite_folders[] = {
    {.hf_class    = "GraniteForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_granite_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_gated_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "GraniteMoeHybridForCausalLM",
     .when        = hf_granite4_dense,
     .keys        = hf_decoder_keys,
     .own_keys    = hf_granite4_keys,
     .demands     = hf_granite4_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_granite4_tensors,
     .ignored     = hf_llama_ignored},
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
