#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_key hf_stablelm_keys[] = {
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"partial_rotary_factor|rope_parameters.partial_rotary_factor", "rope.dimension_count", key_kind::portion, "0.25"},
    {"use_parallel_residual", "use_parallel_residual", key_kind::flag, "false"},
};
inline constexpr hf_demand hf_stablelm_demands[] = {{"hidden_act", "silu|swish"}, {"qk_layernorm", "false"}};
inline constexpr hf_tensor hf_stablelm_tensors[] = {
    {"output_norm", "model.norm"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm", row_change::none, true},
};

/// StableLM without norms of heads. Source: transformers, StableLmConfig and StableLmForCausalLM.
inline constexpr hf_family hf_stablelm{.hf_class     = "StableLmForCausalLM",
                                       .architecture = "stablelm",
                                       .keys         = hf_decoder_keys,
                                       .own_keys     = hf_stablelm_keys,
                                       .demands      = hf_stablelm_demands,
                                       .tensors      = hf_decoder_tensors,
                                       .own_tensors  = hf_stablelm_tensors,
                                       .ignored      = hf_llama_ignored};

}  // namespace plume::models
