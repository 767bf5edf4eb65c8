#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>
#include <plume/models/recipe.hpp>

namespace plume {

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
    std::size_t           window          = 0;  // positions that a token sees, its own the last; 0: all up to it
    float                 norm_eps        = 0;
    float                 attention_scale = 0;  // 1/sqrt(E)
    double                rope_base       = 0;
    double                rope_scale      = 1;  // positions are multiplied by it (linear scaling: 1/factor)
};

/// The configuration of a GGUF file. format_unsupported names an architecture or mechanism that does not run yet and those that do;
/// format_invalid names the key, what it must be and what it is.
[[nodiscard]] result<model_config> read_config(const io::gguf& file);

}  // namespace plume
