#pragma once

#include <plume/models/gemma.hpp>
#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

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
inline constexpr hf_tensor hf_gemma3_tensors[] = {
    {"output_norm", "model.norm", row_change::plus_one},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm", row_change::plus_one},
    {"blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm", row_change::plus_one},
    {"blk.#.ffn_norm", "model.layers.#.pre_feedforward_layernorm", row_change::plus_one},
    {"blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm", row_change::plus_one},
    {"blk.#.attn_q_norm", "model.layers.#.self_attn.q_norm", row_change::plus_one},
    {"blk.#.attn_k_norm", "model.layers.#.self_attn.k_norm", row_change::plus_one},
};

/// Its folders. Source: transformers, Gemma3TextConfig and Gemma3ForCausalLM.
inline constexpr hf_family gemma3_folders[] = {
    {.hf_class        = "Gemma3ForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_gemma3_keys,
     .demands         = hf_gemma_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_gemma3_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// Gemma 3: Gemma 2 with a norm of queries and keys in place of the soft caps; five layers of six have a window and a RoPE of base 10,000, whose
/// positions no scaling stretches.
/// Source: "Gemma 3 Technical Report", 2025, section 2.
inline constexpr recipe gemma3 = {
    .gguf_name             = "gemma3",
    .folders               = gemma3_folders,
    .post_norm             = true,
    .qk                    = qk_norm::per_head,
    .global_every          = 6,
    .window                = true,
    .reads_attention_scale = true,
    .scaled_by_width       = 62,  // 27B
    .rope                  = rope_pairs::half_split,
    .window_base           = 10'000,
    .window_unscaled       = true,
    .function              = nonlinearity::gelu_tanh,
    .embedding_by_width    = true,
    .soft_caps             = true,
};

}  // namespace plume::models
