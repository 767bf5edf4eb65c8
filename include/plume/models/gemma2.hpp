#pragma once

#include <plume/models/gemma.hpp>
#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_gemma2_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"}, {"sliding_window", "attention.sliding_window", key_kind::count, "4096"},
    {"query_pre_attn_scalar", "attention.scale", key_kind::root, "256"},          {"attn_logit_softcapping", "attn_logit_softcapping", key_kind::real},
    {"final_logit_softcapping", "final_logit_softcapping", key_kind::real},
};
inline constexpr hf_tensor hf_gemma2_tensors[] = {
    {"output_norm", "model.norm", row_change::plus_one},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm", row_change::plus_one},
    {"blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm", row_change::plus_one},
    {"blk.#.ffn_norm", "model.layers.#.pre_feedforward_layernorm", row_change::plus_one},
    {"blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm", row_change::plus_one},
};

/// Its folders. Source: transformers, Gemma2Config and Gemma2ForCausalLM.
inline constexpr hf_family gemma2_folders[] = {
    {.hf_class        = "Gemma2ForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_gemma2_keys,
     .demands         = hf_gemma_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_gemma2_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// Gemma 2: Gemma with a norm after each block too, a window in every other layer, and soft caps of scores and logits.
/// Source: "Gemma 2: Improving Open Language Models at a Practical Size", 2024, section 2.
inline constexpr recipe gemma2 = {
    .gguf_name             = "gemma2",
    .folders               = gemma2_folders,
    .post_norm             = true,
    .global_every          = 2,
    .window                = true,
    .default_window        = 4096,
    .reads_attention_scale = true,
    .scaled_by_width       = 46,  // 27B
    .rope                  = rope_pairs::half_split,
    .function              = nonlinearity::gelu_tanh,
    .embedding_by_width    = true,
    .soft_caps             = true,
    .attention_cap         = 50,
    .final_cap             = 30,
};

}  // namespace plume::models
