#pragma once

#include <vector>

#include <plume/core/json.hpp>
#include <plume/io/safetensors.hpp>

#include "src/io/reader.hpp"

namespace plume::io {

/// The header of one file, checked against the file's size. Tensors come in the order of their bytes, their offsets are absolute.
[[nodiscard]] result<std::vector<stored_tensor>> parse_safetensors(const source& file, const safetensors_limits& limits, memory_budget& budget);

/// A JSON text from a file, refused where describing it would take more memory than the budget has.
[[nodiscard]] result<json::document> parse_json(std::string_view text, const std::string& path, memory_budget& budget, std::size_t depth);

}  // namespace plume::io
