#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_gpt2_keys[] = {
    {"vocab_size", "vocab_size", key_kind::count, "required"},
    {"n_positions", "context_length", key_kind::count, "1024"},
    {"n_embd", "embedding_length", key_kind::count, "required"},
    {"n_layer", "block_count", key_kind::count, "required"},
    {"n_head", "attention.head_count", key_kind::count, "required"},
    {"n_inner", "feed_forward_length", key_kind::four_widths},
    {"layer_norm_epsilon", "attention.layer_norm_epsilon", key_kind::real, "1e-5"},
};
inline constexpr hf_demand hf_gpt2_demands[] = {{"activation_function", "gelu_new|gelu_pytorch_tanh"},
                                                {"scale_attn_weights", "true"},
                                                {"scale_attn_by_inverse_layer_idx", "false"},
                                                {"reorder_and_upcast_attn", "false"}};
inline constexpr hf_tensor hf_gpt2_tensors[] = {
    {"token_embd.weight", "transformer.wte.weight"},
    {"position_embd.weight", "transformer.wpe.weight"},
    {"output_norm", "transformer.ln_f"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm", "transformer.h.#.ln_1"},
    {"blk.#.attn_qkv", "transformer.h.#.attn.c_attn", row_change::transpose},
    {"blk.#.attn_output", "transformer.h.#.attn.c_proj", row_change::transpose},
    {"blk.#.ffn_norm", "transformer.h.#.ln_2"},
    {"blk.#.ffn_up", "transformer.h.#.mlp.c_fc", row_change::transpose},
    {"blk.#.ffn_down", "transformer.h.#.mlp.c_proj", row_change::transpose},
};
inline constexpr std::string_view hf_gpt2_ignored[] = {".attn.bias", ".attn.masked_bias"};

/// Its folders. Source: transformers, GPT2Config and GPT2LMHeadModel. The mask of attention, which old files hold, is not read.
inline constexpr hf_family gpt2_folders[] = {
    {.hf_class        = "GPT2LMHeadModel",
     .keys            = hf_gpt2_keys,
     .demands         = hf_gpt2_demands,
     .tensors         = hf_gpt2_tensors,
     .ignored         = hf_gpt2_ignored,
     .tied_by_default = true},
};

/// GPT-2: LayerNorm, learned positions, a plain GELU, biases everywhere.
/// Source: "Language Models are Unsupervised Multitask Learners", Radford et al. 2019, section 2.3.
inline constexpr recipe gpt2 = {
    .gguf_name = "gpt2",
    .folders   = gpt2_folders,
    .norm      = norm_kind::layer,
    .learned   = true,
    .function  = nonlinearity::gelu_tanh,
    .gated     = false,
};

}  // namespace plume::models
