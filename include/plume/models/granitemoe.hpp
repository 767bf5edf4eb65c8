#pragma once

#include <plume/models/hf_shared.hpp>
#include <plume/models/recipe.hpp>

namespace plume::models {

inline constexpr hf_key hf_granitemoe_keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", key_kind::real, "1e-6"},
    {"head_dim", "rope.dimension_count", key_kind::width},
    {"embedding_multiplier", "embedding_scale", key_kind::real},
    {"residual_multiplier", "residual_scale", key_kind::real},
    {"attention_multiplier", "attention.scale", key_kind::real, "1"},
    {"logits_scaling", "logit_scale", key_kind::real},
    {"num_local_experts", "expert_count", key_kind::count, "8"},
    {"num_experts_per_tok", "expert_used_count", key_kind::count, "2"},
    {"shared_intermediate_size", "expert_shared_feed_forward_length"},
};
// Gate and up lie one behind the other, under names of their own or, in newer files, those that other families have.
inline constexpr hf_tensor hf_granitemoe_tensors[] = {
    {"blk.#.ffn_gate_inp.weight", "model.layers.#.block_sparse_moe.router.weight", row_change::none, true},
    {"blk.#.ffn_gate_inp.weight", "model.layers.#.block_sparse_moe.router.layer.weight"},
    {"blk.#.ffn_gate_exps.weight", "model.layers.#.block_sparse_moe.experts.gate_up_proj", row_change::none, true, 0, 2},
    {"blk.#.ffn_gate_exps.weight", "model.layers.#.block_sparse_moe.input_linear.weight", row_change::none, false, 0, 2},
    {"blk.#.ffn_up_exps.weight", "model.layers.#.block_sparse_moe.experts.gate_up_proj", row_change::none, true, 1, 2},
    {"blk.#.ffn_up_exps.weight", "model.layers.#.block_sparse_moe.input_linear.weight", row_change::none, false, 1, 2},
    {"blk.#.ffn_down_exps.weight", "model.layers.#.block_sparse_moe.experts.down_proj", row_change::none, true},
    {"blk.#.ffn_down_exps.weight", "model.layers.#.block_sparse_moe.output_linear.weight"},
    {"blk.#.ffn_gate_shexp.weight", "model.layers.#.shared_mlp.input_linear.weight", row_change::none, true, 0, 2},
    {"blk.#.ffn_up_shexp.weight", "model.layers.#.shared_mlp.input_linear.weight", row_change::none, true, 1, 2},
    {"blk.#.ffn_down_shexp.weight", "model.layers.#.shared_mlp.output_linear.weight", row_change::none, true},
};

/// Its folders. Source: transformers, GraniteMoeConfig and GraniteMoeSharedConfig, and the classes ForCausalLM of both.
inline constexpr hf_family granitemoe_folders[] = {
    {.hf_class    = "GraniteMoeForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_granitemoe_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_granitemoe_tensors,
     .ignored     = hf_llama_ignored},
    {.hf_class    = "GraniteMoeSharedForCausalLM",
     .keys        = hf_decoder_keys,
     .own_keys    = hf_granitemoe_keys,
     .demands     = hf_llama_demands,
     .tensors     = hf_llama_tensors,
     .own_tensors = hf_granitemoe_tensors,
     .ignored     = hf_llama_ignored},
};

/// Granite 3 with experts.
/// Source: the transformers documentation of GraniteMoe and GraniteMoeShared.
inline constexpr recipe granitemoe = {
    .gguf_name             = "granitemoe",
    .folders               = granitemoe_folders,
    .reads_attention_scale = true,
    .rope_by_key           = true,
    .experts               = true,
    .multipliers           = true,
    .logits                = logit_scale::divides,
};

}  // namespace plume::models
