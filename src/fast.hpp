#pragma once

#include <cstddef>
#include <span>

#include <plume/quant/formats.hpp>

#include "kernels/fast.hpp"

// load_options::fast: float weights in the layout of kernels that are faster than the numbers contract allows.

namespace plume {

/// The fast kernels compiled in, the best first.
[[nodiscard]] std::span<const kernels::fast_entry> compiled_fast_kernels() noexcept;

/// The best ones that run here and pay; null where none do. May ask the system for leave to use tiles.
[[nodiscard]] const kernels::fast_table* choose_fast() noexcept;

/// The view of panels in pairs at `data`, for any float format.
[[nodiscard]] kernels::panels pairs_of(const quant::format_info& f, std::size_t N, std::size_t D, const std::byte* data) noexcept;

/// Packs n_rows (1 to 16) consecutive rows of D float weights into one panel in pairs, rounded to nearest even; the lanes beyond become zeros.
void pack_pairs(const quant::format_info& f, const std::byte* rows, std::size_t n_rows, std::size_t D, std::byte* panel) noexcept;

}  // namespace plume
