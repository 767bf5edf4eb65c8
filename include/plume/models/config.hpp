#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>

namespace plume {

namespace models {
struct recipe;
}

/// How positions become angles in one kind of layer.
struct rope_config {
    double base      = 10'000;
    double scale     = 1;  // positions are multiplied by it (linear scaling and YaRN: 1/factor)
    double magnitude = 1;  // cosines and sines are multiplied by it
    /// YaRN: pairs up to `kept` are not scaled, from `scaled` on they are, between them the frequencies are blended. Elsewhere kept is not below scaled.
    double kept = 0, scaled = 0;

    [[nodiscard]] bool is_yarn() const noexcept { return kept < scaled; }
};

/// What one layer does in its own way.
struct layer_config {
    std::size_t window  = 0;     // positions that a token sees, its own the last; 0: all up to it
    std::size_t rope    = 0;     // index in model_config::ropes
    bool        rotates = true;  // RoPE
};

/// The mixture of experts; n = 0: none.
struct expert_config {
    std::size_t n = 0, used = 0;
    std::size_t F = 0, F_shared = 0;  // widths of an expert and of the one that every token meets (0: none)
    bool        renormalise = true;   // the used ones' probabilities are divided by their sum
    float       scale       = 1;      // of their weights
};

/// A model's sizes, checked: every division and index that follows from them is safe. Letters as everywhere in plume.
struct model_config {
    const models::recipe* recipe = nullptr;     // what the architecture does; see models/
    std::string           architecture;         // "llama"
    std::string           name;                 // general.name, as the file has it
    std::size_t           L               = 0;  // layers
    std::size_t           D               = 0;  // model width
    std::size_t           H               = 0;  // query heads
    std::size_t           K               = 0;  // key and value heads; divides H
    std::size_t           E               = 0;  // width of a head
    std::size_t           F               = 0;  // feed-forward width
    std::size_t           V               = 0;  // vocabulary
    std::size_t           context_tokens  = 0;  // that the model was trained with
    std::size_t           rotated         = 0;  // elements of a head that RoPE turns; even
    float                 norm_eps        = 0;
    float                 attention_scale = 0;               // 1/sqrt(E)
    float                 attention_cap = 0, final_cap = 0;  // of scores and logits: cap·tanh(x/cap); 0: none
    float                 embedding_scale = 1, residual_scale = 1, logit_scale = 1;
    bool                  parallel         = false;  // attention and feed-forward side by side
    bool                  has_dense_layers = true;   // layers whose feed-forward is of width F, and not of experts

    double                    temperature_scale = 0;  // a query at position p is multiplied by 1 + scale·log(1 + floor(p / original_context))
    std::size_t               original_context  = 0;  // before a stretching of positions; 0: none
    expert_config             experts;
    std::vector<rope_config>  ropes;   // one, or a second for layers with a window
    std::vector<layer_config> layers;  // [L]
};

/// The configuration of a GGUF file. format_unsupported names an architecture or mechanism that does not run yet and those that do;
/// format_invalid names the key, what it must be and what it is.
[[nodiscard]] result<model_config> read_config(const io::gguf& file);

}  // namespace plume
