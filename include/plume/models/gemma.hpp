#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_gemma_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
};
inline constexpr hf_demand hf_gemma_demands[] = {{"hidden_activation", "gelu_pytorch_tanh"}, {"use_bidirectional_attention", "false"}};
inline constexpr hf_tensor hf_gemma_tensors[] = {
    {"output_norm", "model.norm", row_change::plus_one},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm", row_change::plus_one},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm", row_change::plus_one},
};

/// Its folders. Source: transformers, GemmaConfig and GemmaForCausalLM (names and defaults).
inline constexpr hf_family gemma_folders[] = {
    {.hf_class        = "GemmaForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_gemma_keys,
     .demands         = hf_gemma_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_gemma_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// Gemma: GeGLU, embeddings times sqrt(D); its norms multiply by 1 + w, which GGUF has added already.
/// Source: "Gemma: Open Models Based on Gemini Research and Technology", 2024, section 2.
inline constexpr recipe gemma = {
    .gguf_name          = "gemma",
    .folders            = gemma_folders,
    .rope               = rope_pairs::half_split,
    .function           = nonlinearity::gelu_tanh,
    .embedding_by_width = true,
};

}  // namespace plume::models
