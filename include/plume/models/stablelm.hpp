#pragma once

#include <span>

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_stablelm_keys[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"partial_rotary_factor|rope_parameters.partial_rotary_factor", "rope.dimension_count", key_kind::portion, "0.25"},
    {"use_parallel_residual", "use_parallel_residual", key_kind::flag, "false"},
};
/// The last two are of the 12B alone.
inline constexpr hf_tensor hf_stablelm_12b_tensors[] = {
    {"output_norm", "model.norm"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm", row_change::none, true},
    {"blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_layernorm.norms.@.weight"},
    {"blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_layernorm.norms.@.weight"},
};
inline constexpr auto hf_stablelm_tensors = std::span(hf_stablelm_12b_tensors).first<3>();

inline constexpr hf_demand hf_stablelm_plain[]   = {{"qk_layernorm", "false"}};
inline constexpr hf_demand hf_stablelm_12b[]     = {{"qk_layernorm", "true"}};
inline constexpr hf_demand hf_stablelm_demands[] = {{"hidden_act", "silu|swish"}};

/// Its folders. Source: transformers, StableLmConfig and StableLmForCausalLM.
inline constexpr hf_family stablelm_folders[] = {
    {.hf_class    = "StableLmForCausalLM",
     .when        = hf_stablelm_plain,
     .keys        = hf_decoder_keys,
     .own_keys    = hf_stablelm_keys,
     .demands     = hf_stablelm_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_stablelm_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "StableLmForCausalLM",
     .when        = hf_stablelm_12b,
     .keys        = hf_decoder_keys,
     .own_keys    = hf_stablelm_keys,
     .demands     = hf_stablelm_demands,
     .tensors     = hf_decoder_tensors,
     .own_tensors = hf_stablelm_12b_tensors,
     .ignored     = hf_llama_ignored},
};

/// StableLM 3B and 2: LayerNorm, RoPE over a part of a head; the 12B has attention beside the feed-forward and a norm of each query and key head.
/// Source: "Stable LM 2 1.6B Technical Report", Bellagente et al. 2024, section 3.2.
inline constexpr recipe stablelm = {
    .gguf_name = "stablelm",
    .folders   = stablelm_folders,
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::by_key,
    .qk        = qk_norm::own_per_head,
    .rope      = rope_pairs::half_split,
};

}  // namespace plume::models
