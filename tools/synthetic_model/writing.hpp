#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <plume/core/result.hpp>

#include "../support/interrupt.hpp"
#include "../support/progress.hpp"
#include "header.hpp"
#include "shapes.hpp"

namespace plume::tool::synthetic {

/// Makes `n` blocks of tensor `index` from block `first` on. Called by several threads at once.
using fill_fn = std::function<result<void>(std::size_t index, std::uint64_t first, std::uint64_t n, std::byte* out)>;

/// Writes a GGUF file piece by piece on `threads` threads: a few MiB of memory a thread, whatever the file's size. It gets its name when it is whole.
/// Errors: file_io, cancelled, and what `fill` says.
[[nodiscard]] result<void> write_file(const std::string& path, const metadata& entries, const std::vector<planned_tensor>& tensors, const fill_fn& fill,
                                      std::size_t threads, const interrupt& stop, progress& bar);

}  // namespace plume::tool::synthetic
