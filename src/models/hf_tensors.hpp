#pragma once

#include <string>
#include <vector>

#include <plume/io/gguf_header.hpp>
#include <plume/io/safetensors.hpp>
#include <plume/models/hf_family.hpp>

#include "hf_config.hpp"
#include "src/io/composed_source.hpp"

namespace plume::models {

/// A tensor of the GGUF file that is shown: what its header says, and how its bytes are made.
struct shown_tensor {
    std::string                name;
    std::vector<std::uint64_t> dims;  // the fastest first
    int                        type = 0;
    io::make_fn                make;
};

/// Whether a folder has an output head of its own.
[[nodiscard]] bool has_head(const io::safetensors& files, const hf_family& family);

/// The tensors that the family's table names, in its order. Errors: a missing tensor, one of a wrong shape or element type, one that the table does not know.
[[nodiscard]] result<std::vector<shown_tensor>> show_tensors(const io::safetensors& files, const hf_family& family, const hf_sizes& sizes);

}  // namespace plume::models
