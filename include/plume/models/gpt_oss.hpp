#pragma once

#include <plume/models/recipe.hpp>

namespace plume::models {

/// gpt-oss: experts with biases and a clamped SwiGLU, a window in every other layer, attention sinks, YaRN without whole pairs. Its norm before the
/// feed-forward has another name.
/// Source: "gpt-oss-120b & gpt-oss-20b Model Card", OpenAI 2025, section 2.
inline constexpr recipe gpt_oss = {
    .gguf_name      = "gpt-oss",
    .hf_class       = "GptOssForCausalLM",
    .ffn_norm       = "post_attention_norm",
    .global_every   = 2,
    .window         = true,
    .sinks          = true,
    .rope           = rope_pairs::half_split,
    .yarn_truncates = false,
    .function       = nonlinearity::clamped_swiglu,
    .experts        = true,
};

}  // namespace plume::models
