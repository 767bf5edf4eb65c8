#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_gptneox_keys[] = {
    {"vocab_size", "vocab_size", key_kind::count, "required"},
    {"max_position_embeddings", "context_length", key_kind::count, "2048"},
    {"hidden_size", "embedding_length", key_kind::count, "required"},
    {"num_hidden_layers", "block_count", key_kind::count, "required"},
    {"intermediate_size", "feed_forward_length", key_kind::count, "required"},
    {"num_attention_heads", "attention.head_count", key_kind::count, "required"},
    {"layer_norm_eps", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
    {"rotary_emb_base|rope_theta|rope_parameters.rope_theta", "rope.freq_base", key_kind::real, "10000"},
    {"rotary_pct|partial_rotary_factor|rope_parameters.partial_rotary_factor", "rope.dimension_count", key_kind::portion, "0.25"},
    {"use_parallel_residual", "use_parallel_residual", key_kind::flag, "true"},
};
inline constexpr hf_demand hf_gptneox_demands[] = {{"hidden_act", "gelu"}};
inline constexpr hf_tensor hf_gptneox_tensors[] = {
    {"token_embd.weight", "gpt_neox.embed_in.weight"},           {"output_norm", "gpt_neox.final_layer_norm"},
    {"output.weight", "lm_head.weight", row_change::none, true}, {"output.weight", "embed_out.weight"},
    {"blk.#.attn_norm", "gpt_neox.layers.#.input_layernorm"},    {"blk.#.attn_qkv", "gpt_neox.layers.#.attention.query_key_value", row_change::qkv_heads},
    {"blk.#.attn_output", "gpt_neox.layers.#.attention.dense"},  {"blk.#.ffn_norm", "gpt_neox.layers.#.post_attention_layernorm"},
    {"blk.#.ffn_up", "gpt_neox.layers.#.mlp.dense_h_to_4h"},     {"blk.#.ffn_down", "gpt_neox.layers.#.mlp.dense_4h_to_h"},
};
inline constexpr std::string_view hf_gptneox_ignored[] = {".attention.bias", ".attention.masked_bias", "rotary_emb.inv_freq"};

/// Its folders. Source: transformers, GPTNeoXConfig and GPTNeoXForCausalLM. The mask of attention, which old files hold, is not read.
inline constexpr hf_family gptneox_folders[] = {
    {.hf_class = "GPTNeoXForCausalLM", .keys = hf_gptneox_keys, .demands = hf_gptneox_demands, .tensors = hf_gptneox_tensors, .ignored = hf_gptneox_ignored},
};

/// GPT-NeoX and Pythia: LayerNorm, RoPE over a part of a head, attention beside the feed-forward, a plain GELU.
/// Source: "GPT-NeoX-20B: An Open-Source Autoregressive Language Model", Black et al. 2022, section 2.1.
inline constexpr recipe gptneox = {
    .gguf_name = "gptneox",
    .folders   = gptneox_folders,
    .norm      = norm_kind::layer,
    .parallel  = parallel_blocks::by_key,
    .rope      = rope_pairs::half_split,
    .function  = nonlinearity::gelu_erf,
    .gated     = false,
};

}  // namespace plume::models
