#pragma once

#include <vector>

#include <plume/core/result.hpp>
#include <plume/models/config.hpp>
#include <plume/models/recipe.hpp>

namespace plume {

/// The rotation of one kind of layer: pair i turns by frequencies[i] radians a position, and grows by `magnitude`.
struct rope_table {
    std::vector<double> frequencies;  // [rotated/2]
    double              magnitude = 1;
};

/// One table for each of model_config::ropes, for contexts up to the original one and for longer ones; those are empty where nothing differs.
struct rope_tables {
    std::vector<rope_table> all, beyond;
};

/// What a file's tensors say of the frequencies [rotated/2]; null where it has none.
struct rope_factors {
    const float* freqs        = nullptr;  // rope_freqs.weight
    const float* short_factor = nullptr;  // rope_factors_short.weight
    const float* long_factor  = nullptr;  // rope_factors_long.weight
};

/// base^(-2i/rotated), scaled as the configuration says and divided by the file's factors. format_invalid when a factor is no sane number.
[[nodiscard]] result<rope_tables> make_rope_tables(const io::gguf& file, const model_config& c, const rope_factors& factors);

}  // namespace plume
