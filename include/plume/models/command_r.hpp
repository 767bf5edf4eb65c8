#pragma once

#include <plume/models/cohere2.hpp>
#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_command_r_keys[] = {
    {"model_max_length|max_position_embeddings", "context_length", key_kind::count, "required"},
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"rope_theta|rope_parameters.rope_theta", "rope.freq_base", key_kind::real, "500000"},
    {"logit_scale", "logit_scale", key_kind::real, "0.0625"},
};
inline constexpr hf_tensor hf_command_r_plus_tensors[] = {
    {"output_norm", "model.norm"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight"},
    {"blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight"},
};
inline constexpr hf_demand hf_command_r_plain[] = {{"use_qk_norm", "false"}};
inline constexpr hf_demand hf_command_r_plus[]  = {{"use_qk_norm", "true"}};

/// Its folders. Source: transformers, CohereConfig and CohereForCausalLM.
inline constexpr hf_family command_r_folders[] = {
    {.hf_class        = "CohereForCausalLM",
     .when            = hf_command_r_plain,
     .keys            = hf_decoder_keys,
     .own_keys        = hf_command_r_keys,
     .demands         = hf_llama_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_cohere2_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
    {.hf_class        = "CohereForCausalLM",
     .when            = hf_command_r_plus,
     .keys            = hf_decoder_keys,
     .own_keys        = hf_command_r_keys,
     .demands         = hf_llama_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_command_r_plus_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// Command R and Aya 23: LayerNorm, attention beside the feed-forward, scaled logits; Command R+ has a norm of each query and key head.
/// Source: the transformers documentation of Cohere.
inline constexpr recipe command_r = {
    .gguf_name = "command-r",
    .folders   = command_r_folders,
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::always,
    .qk        = qk_norm::own_per_head,
    .logits    = logit_scale::multiplies,
};

}  // namespace plume::models
