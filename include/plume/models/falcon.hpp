#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_falcon_keys[] = {
    {"vocab_size", "vocab_size", key_kind::count, "required"},
    {"max_position_embeddings", "context_length", key_kind::count, "2048"},
    {"hidden_size", "embedding_length", key_kind::count, "required"},
    {"num_hidden_layers|n_layer", "block_count", key_kind::count, "required"},
    {"num_attention_heads|n_head", "attention.head_count", key_kind::count, "required"},
    {"ffn_hidden_size", "feed_forward_length", key_kind::four_widths},
    {"layer_norm_epsilon", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"rope_theta|rope_parameters.rope_theta", "rope.freq_base", key_kind::real, "10000"},
};
inline constexpr hf_key    hf_falcon_one_key_head[]   = {{"", "attention.head_count_kv", key_kind::count, "1"}};
inline constexpr hf_key    hf_falcon_some_key_heads[] = {{"num_kv_heads", "attention.head_count_kv"}};
inline constexpr hf_demand hf_falcon_demands[]        = {{"alibi", "false"}, {"parallel_attn", "true"}, {"activation", "gelu"}};
inline constexpr hf_tensor hf_falcon_tensors[]        = {
           {"token_embd.weight", "transformer.word_embeddings.weight"},
           {"output_norm", "transformer.ln_f"},
           {"output.weight", "lm_head.weight"},
           {"blk.#.attn_norm", "transformer.h.#.ln_mlp", row_change::none, true},
           {"blk.#.attn_norm", "transformer.h.#.input_layernorm"},
           {"blk.#.attn_norm_2", "transformer.h.#.ln_attn", row_change::none, true},
           {"blk.#.attn_qkv", "transformer.h.#.self_attention.query_key_value", row_change::qkv_heads},
           {"blk.#.attn_output", "transformer.h.#.self_attention.dense"},
           {"blk.#.ffn_up", "transformer.h.#.mlp.dense_h_to_4h"},
           {"blk.#.ffn_down", "transformer.h.#.mlp.dense_4h_to_h"},
};

inline constexpr hf_demand hf_falcon_7b[]  = {{"new_decoder_architecture", "false"}, {"multi_query", "true"}};
inline constexpr hf_demand hf_falcon_rw[]  = {{"new_decoder_architecture", "false"}, {"multi_query", "false"}};
inline constexpr hf_demand hf_falcon_40b[] = {{"new_decoder_architecture", "true"}};

/// Its folders. Source: transformers, FalconConfig and FalconForCausalLM. One key head for all queries, one for each, or as many as the configuration says.
inline constexpr hf_family falcon_folders[] = {
    {.hf_class        = "FalconForCausalLM",
     .when            = hf_falcon_7b,
     .keys            = hf_falcon_keys,
     .own_keys        = hf_falcon_one_key_head,
     .demands         = hf_falcon_demands,
     .tensors         = hf_falcon_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
    {.hf_class        = "FalconForCausalLM",
     .when            = hf_falcon_rw,
     .keys            = hf_falcon_keys,
     .demands         = hf_falcon_demands,
     .tensors         = hf_falcon_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
    {.hf_class        = "FalconForCausalLM",
     .when            = hf_falcon_40b,
     .keys            = hf_falcon_keys,
     .own_keys        = hf_falcon_some_key_heads,
     .demands         = hf_falcon_demands,
     .tensors         = hf_falcon_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// Falcon: LayerNorm, few keys and values, attention beside the feed-forward (with a norm of its own in the larger ones), a plain GELU.
/// Source: "The Falcon Series of Open Language Models", Almazrouei et al. 2023, section 4.
inline constexpr recipe falcon = {
    .gguf_name = "falcon",
    .folders   = falcon_folders,
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::always,
    .rope      = rope_pairs::half_split,
    .function  = nonlinearity::gelu_erf,
    .gated     = false,
};

}  // namespace plume::models
