#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

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

/// Source: transformers, Olmo2Config and Olmo3Config, and the classes ForCausalLM of both.
inline constexpr hf_family hf_olmo2{.hf_class     = "Olmo2ForCausalLM",
                                    .architecture = "olmo2",
                                    .keys         = hf_decoder_keys,
                                    .own_keys     = hf_olmo2_keys,
                                    .demands      = hf_llama_demands,
                                    .tensors      = hf_decoder_tensors,
                                    .own_tensors  = hf_olmo_tensors,
                                    .ignored      = hf_llama_ignored};
inline constexpr hf_family hf_olmo3{.hf_class     = "Olmo3ForCausalLM",
                                    .architecture = "olmo2",
                                    .keys         = hf_decoder_keys,
                                    .own_keys     = hf_olmo_keys,
                                    .demands      = hf_llama_demands,
                                    .tensors      = hf_decoder_tensors,
                                    .own_tensors  = hf_olmo_tensors,
                                    .ignored      = hf_llama_ignored};

}  // namespace plume::models
