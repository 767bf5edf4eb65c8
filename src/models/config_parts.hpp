#pragma once

#include <plume/models/config.hpp>
#include <plume/models/recipe.hpp>

#include "src/models/key_reader.hpp"

namespace plume {

inline constexpr std::uint64_t max_head_width = 1024;

/// Which layers have a window and which RoPE turns: c.layers, from the recipe's rule or the file's pattern.
void read_layers(key_reader& in, model_config& c);

/// c.rotated, c.ropes, c.original_context and c.temperature_scale.
void read_rope(key_reader& in, model_config& c);

}  // namespace plume
