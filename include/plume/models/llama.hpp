#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_llama_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
};
inline constexpr hf_key hf_mistral_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "8"},
    {"sliding_window", "attention.sliding_window"},
};

inline constexpr hf_tensor hf_mixtral_tensors[] = {
    {"blk.#.ffn_gate_inp.weight", "model.layers.#.block_sparse_moe.gate.weight"},
    {"blk.#.ffn_gate_exps.weight", "model.layers.#.block_sparse_moe.experts.@.w1.weight"},
    {"blk.#.ffn_up_exps.weight", "model.layers.#.block_sparse_moe.experts.@.w3.weight"},
    {"blk.#.ffn_down_exps.weight", "model.layers.#.block_sparse_moe.experts.@.w2.weight"},
};
inline constexpr hf_key hf_mixtral_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "8"},
    {"sliding_window", "attention.sliding_window"},
    {"num_local_experts", "expert_count", key_kind::count, "8"},
    {"num_experts_per_tok", "expert_used_count", key_kind::count, "2"},
};

// Mistral Small 3.1 and 3.2 see, too: the part of them that reads and writes text is a Mistral.
inline constexpr hf_demand        hf_mistral_text[]    = {{"text_config.model_type", "mistral"}};
inline constexpr hf_beginning     hf_text_beginnings[] = {{"model.", "model.language_model."}, {"", "language_model."}, {"", ""}};
inline constexpr std::string_view hf_eyes[]            = {"vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."};

/// Its folders. Source: transformers, LlamaConfig, MistralConfig, MixtralConfig and Mistral3Config, and the classes of the models (names and defaults).
inline constexpr hf_family llama_folders[] = {
    {.hf_class    = "LlamaForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_llama_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_gated_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "MistralForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_mistral_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_gated_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "MixtralForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_mixtral_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_mixtral_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "Mistral3ForConditionalGeneration",
     .when        = hf_mistral_text,
     .keys        = hf_decoder_keys,
     .own_keys    = hf_mistral_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_gated_tensors,
     .ignored     = hf_eyes,
     .part        = "text_config",
     .beginnings  = hf_text_beginnings},
};

/// Llama 1 to 3.3, Mistral, Mixtral, TinyLlama, SmolLM2: RMSNorm, grouped-query attention, RoPE, SwiGLU; optionally a window or experts.
/// llama.attention.sliding_window is plume's own key: other programs give Mistral 7B v0.1 no window.
/// Source: "LLaMA: Open and Efficient Foundation Language Models" section 2.2; "The Llama 3 Herd of Models" section 3.2; "Mixtral of Experts" section 2.
inline constexpr recipe llama = {
    .gguf_name = "llama",
    .folders   = llama_folders,
    .window    = true,
    .experts   = true,
};

}  // namespace plume::models
