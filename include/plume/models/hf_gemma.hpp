#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

namespace plume::models {

inline constexpr hf_key hf_gemma_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
};
inline constexpr hf_key hf_gemma2_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"}, {"sliding_window", "attention.sliding_window", key_kind::count, "4096"},
    {"query_pre_attn_scalar", "attention.scale", key_kind::root, "256"},          {"attn_logit_softcapping", "attn_logit_softcapping", key_kind::real},
    {"final_logit_softcapping", "final_logit_softcapping", key_kind::real},
};
inline constexpr hf_key hf_gemma3_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"rope_theta|rope_parameters.full_attention.rope_theta", "rope.freq_base", key_kind::real, "1000000"},
    {"rope_local_base_freq|rope_parameters.sliding_attention.rope_theta", "rope.freq_base_swa", key_kind::real, "10000"},
    {"sliding_window", "attention.sliding_window", key_kind::count, "4096"},
    {"layer_types", "attention.sliding_window_pattern", key_kind::windows, "6"},
    {"query_pre_attn_scalar", "attention.scale", key_kind::root, "256"},
    {"attn_logit_softcapping", "attn_logit_softcapping", key_kind::real},
    {"final_logit_softcapping", "final_logit_softcapping", key_kind::real},
};
inline constexpr hf_demand hf_gemma_demands[] = {{"hidden_activation", "gelu_pytorch_tanh"}, {"use_bidirectional_attention", "false"}};
inline constexpr hf_tensor hf_gemma_tensors[] = {
    {"output_norm", "model.norm", row_change::plus_one},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm", row_change::plus_one},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm", row_change::plus_one},
};
inline constexpr hf_tensor hf_gemma2_tensors[] = {
    {"output_norm", "model.norm", row_change::plus_one},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm", row_change::plus_one},
    {"blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm", row_change::plus_one},
    {"blk.#.ffn_norm", "model.layers.#.pre_feedforward_layernorm", row_change::plus_one},
    {"blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm", row_change::plus_one},
};
inline constexpr hf_tensor hf_gemma3_tensors[] = {
    {"output_norm", "model.norm", row_change::plus_one},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm", row_change::plus_one},
    {"blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm", row_change::plus_one},
    {"blk.#.ffn_norm", "model.layers.#.pre_feedforward_layernorm", row_change::plus_one},
    {"blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm", row_change::plus_one},
    {"blk.#.attn_q_norm", "model.layers.#.self_attn.q_norm", row_change::plus_one},
    {"blk.#.attn_k_norm", "model.layers.#.self_attn.k_norm", row_change::plus_one},
};

/// Source: transformers, GemmaConfig, Gemma2Config and Gemma3TextConfig, and the classes ForCausalLM of them (names and defaults).
inline constexpr hf_family hf_gemma{.hf_class        = "GemmaForCausalLM",
                                    .architecture    = "gemma",
                                    .keys            = hf_decoder_keys,
                                    .own_keys        = hf_gemma_keys,
                                    .demands         = hf_gemma_demands,
                                    .tensors         = hf_decoder_tensors,
                                    .own_tensors     = hf_gemma_tensors,
                                    .ignored         = hf_llama_ignored,
                                    .tied_by_default = true};
inline constexpr hf_family hf_gemma2{.hf_class        = "Gemma2ForCausalLM",
                                     .architecture    = "gemma2",
                                     .keys            = hf_decoder_keys,
                                     .own_keys        = hf_gemma2_keys,
                                     .demands         = hf_gemma_demands,
                                     .tensors         = hf_decoder_tensors,
                                     .own_tensors     = hf_gemma2_tensors,
                                     .ignored         = hf_llama_ignored,
                                     .tied_by_default = true};
inline constexpr hf_family hf_gemma3{.hf_class        = "Gemma3ForCausalLM",
                                     .architecture    = "gemma3",
                                     .keys            = hf_decoder_keys,
                                     .own_keys        = hf_gemma3_keys,
                                     .demands         = hf_gemma_demands,
                                     .tensors         = hf_decoder_tensors,
                                     .own_tensors     = hf_gemma3_tensors,
                                     .ignored         = hf_llama_ignored,
                                     .tied_by_default = true};

}  // namespace plume::models
