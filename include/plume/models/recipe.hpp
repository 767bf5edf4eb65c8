#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <plume/core/nonlinearity.hpp>
#include <plume/models/hf_family.hpp>

namespace plume::models {

/// Which elements of a head RoPE turns together: (2i, 2i + 1), as GGUF stores Llama's projections, or (i, i + rotated/2).
enum class rope_pairs : std::uint8_t { interleaved, half_split };

/// RMSNorm, or LayerNorm with a bias where the file has one.
enum class norm_kind : std::uint8_t { rms, layer };

/// A norm of queries and keys before RoPE: over each head with the same weights, with its own, or over all heads together.
enum class qk_norm : std::uint8_t { none, per_head, own_per_head, full_width };

/// Which layers RoPE turns nothing in: none, those without a window in a model that has windows, or every fourth.
enum class without_rope : std::uint8_t { none, global_layers, every_fourth };

/// Attention and feed-forward side by side, both of the same residual stream: never, always, or as the key use_parallel_residual says.
enum class parallel_blocks : std::uint8_t { never, always, by_key };

/// What logit_scale does.
enum class logit_scale : std::uint8_t { none, multiplies, divides };

/// What an architecture does, as data. Only what differs from Llama stands in a family's file: the values here are Llama's. Sizes come from the file
/// (model_config), and optional tensors (biases, rope_freqs, a head of its own, an FFN norm of its own beside attention) are used where the file has them.
struct recipe {
    std::string_view           gguf_name;  // general.architecture
    std::span<const hf_family> folders;    // the kinds of Hugging Face folders that hold such models

    // Layers.
    norm_kind       norm      = norm_kind::rms;
    bool            pre_norm  = true;   // before attention and feed-forward
    bool            post_norm = false;  // of what they give, before it joins the residual stream
    parallel_blocks parallel  = parallel_blocks::never;

    std::string_view ffn_norm = "ffn_norm";  // what GGUF calls the norm before the feed-forward

    // Attention.
    qk_norm     qk                    = qk_norm::none;
    std::size_t global_every          = 0;      // with a window: layers n - 1, 2n - 1, ... see everything; 0: none does
    bool        window                = false;  // reads attention.sliding_window
    std::size_t default_window        = 0;      // where the file names none
    bool        sinks                 = false;  // a score of its own for each head, that takes weight and gives nothing
    bool        temperature           = false;  // queries grow with the position: attention.temperature_scale
    bool        reads_attention_scale = false;  // attention.scale; 0 or no key: 1/sqrt(E)
    std::size_t scaled_by_width       = 0;      // the model of so many layers scales by 1/sqrt(D/H)

    // Positions.
    rope_pairs   rope            = rope_pairs::interleaved;
    without_rope no_rope         = without_rope::none;
    bool         rope_by_key     = false;  // rope.scaling.finetuned, where it is false: RoPE turns nothing
    bool         learned         = false;  // rows of position_embd are added to the embeddings, and RoPE turns nothing
    double       window_base     = 0;      // the base of layers with a window where the file names none; 0: the others' base
    bool         window_unscaled = false;  // scaling of positions leaves layers with a window alone
    bool         yarn_truncates  = true;   // YaRN's range of blended frequencies is widened to whole pairs

    // Feed-forward.
    nonlinearity function    = nonlinearity::silu;
    bool         gated       = true;   // function(gate)·up; else function(up)
    bool         fused_gate  = false;  // ffn_up holds the rows of gate, then those of up
    bool         experts     = false;  // reads expert_count
    bool         renormalise = true;   // the chosen experts' probabilities are divided by their sum

    // Ends.
    bool        embedding_by_width = false;  // embeddings are multiplied by sqrt(D)
    bool        multipliers        = false;  // reads embedding_scale, residual_scale
    logit_scale logits             = logit_scale::none;
    bool        soft_caps          = false;        // reads attn_logit_softcapping, final_logit_softcapping
    double      attention_cap = 0, final_cap = 0;  // where the file names none
};

}  // namespace plume::models
