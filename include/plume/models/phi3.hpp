#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_phi3_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"partial_rotary_factor|rope_parameters.partial_rotary_factor", "rope.dimension_count", key_kind::portion, "1"},
    {"sliding_window", "attention.sliding_window", key_kind::count, "0"},
};
inline constexpr hf_tensor hf_phi3_tensors[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm", "model.norm"},
    {"output.weight", "lm_head.weight"},
    {"blk.#.attn_norm", "model.layers.#.input_layernorm"},
    {"blk.#.ffn_norm", "model.layers.#.post_attention_layernorm"},
    {"blk.#.attn_qkv", "model.layers.#.self_attn.qkv_proj"},
    {"blk.#.attn_output", "model.layers.#.self_attn.o_proj"},
    {"blk.#.ffn_up", "model.layers.#.mlp.gate_up_proj"},
    {"blk.#.ffn_down", "model.layers.#.mlp.down_proj"},
};

/// Its folders. Source: transformers, Phi3Config and Phi3ForCausalLM.
inline constexpr hf_family phi3_folders[] = {
    {.hf_class = "Phi3ForCausalLM",
     .keys     = hf_decoder_keys,
     .own_keys = hf_phi3_keys,
     .demands  = hf_llama_demands,
     .tensors  = hf_phi3_tensors,
     .ignored  = hf_llama_ignored},
};

/// Phi-3, 3.5 and 4: Llama with fused projections, RoPE over a part of a head, LongRoPE, and a window in all layers of some.
/// Source: "Phi-3 Technical Report", Abdin et al. 2024, section 2; "LongRoPE", Ding et al. 2024.
inline constexpr recipe phi3 = {
    .gguf_name  = "phi3",
    .folders    = phi3_folders,
    .window     = true,
    .rope       = rope_pairs::half_split,
    .fused_gate = true,
};

}  // namespace plume::models
