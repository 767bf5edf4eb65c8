#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_ernie4_5_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-5"},
    {"num_key_value_heads", "attention.head_count_kv", key_kind::count, "2"},
    {"rope_theta|rope_parameters.rope_theta", "rope.freq_base", key_kind::real, "500000"},
};
inline constexpr hf_demand hf_ernie4_5_demands[] = {{"hidden_act", "silu|swish"}, {"compression_ratio", "1"}};
inline constexpr hf_tensor hf_ernie4_5_tensors[] = {
    {"output_norm.weight", "model.norm.weight"},
    {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight"},
    {"blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight"},
};

/// Its folders. Source: transformers, Ernie4_5Config and Ernie4_5ForCausalLM. The other name of the class stands in folders from before transformers had it.
inline constexpr hf_family ernie4_5_folders[] = {
    {.hf_class        = "Ernie4_5ForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_ernie4_5_keys,
     .demands         = hf_ernie4_5_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_ernie4_5_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
    {.hf_class        = "Ernie4_5_ForCausalLM",
     .keys            = hf_decoder_keys,
     .own_keys        = hf_ernie4_5_keys,
     .demands         = hf_ernie4_5_demands,
     .tensors         = hf_decoder_tensors,
     .own_tensors     = hf_ernie4_5_tensors,
     .ignored         = hf_llama_ignored,
     .tied_by_default = true},
};

/// ERNIE 4.5 without experts: Llama whose folders, too, hold heads with RoPE in interleaved pairs.
/// Source: "ERNIE 4.5 Technical Report", Baidu 2025, and the transformers documentation of Ernie4_5.
inline constexpr recipe ernie4_5 = {
    .gguf_name = "ernie4_5",
    .folders   = ernie4_5_folders,
};

}  // namespace plume::models
