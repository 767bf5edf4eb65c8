#pragma once

#include <plume/models/hf_family.hpp>
#include <plume/models/hf_llama.hpp>

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

/// Source: transformers, FalconConfig and FalconForCausalLM. One key head for all queries, one for each, or as many as the configuration says.
inline constexpr hf_family hf_falcon_multi_query{.hf_class        = "FalconForCausalLM",
                                                 .when            = hf_falcon_7b,
                                                 .architecture    = "falcon",
                                                 .keys            = hf_falcon_keys,
                                                 .own_keys        = hf_falcon_one_key_head,
                                                 .demands         = hf_falcon_demands,
                                                 .tensors         = hf_falcon_tensors,
                                                 .ignored         = hf_llama_ignored,
                                                 .tied_by_default = true};
inline constexpr hf_family hf_falcon_multi_head{.hf_class        = "FalconForCausalLM",
                                                .when            = hf_falcon_rw,
                                                .architecture    = "falcon",
                                                .keys            = hf_falcon_keys,
                                                .own_keys        = {},
                                                .demands         = hf_falcon_demands,
                                                .tensors         = hf_falcon_tensors,
                                                .ignored         = hf_llama_ignored,
                                                .tied_by_default = true};
inline constexpr hf_family hf_falcon_grouped{.hf_class        = "FalconForCausalLM",
                                             .when            = hf_falcon_40b,
                                             .architecture    = "falcon",
                                             .keys            = hf_falcon_keys,
                                             .own_keys        = hf_falcon_some_key_heads,
                                             .demands         = hf_falcon_demands,
                                             .tensors         = hf_falcon_tensors,
                                             .ignored         = hf_llama_ignored,
                                             .tied_by_default = true};

}  // namespace plume::models
