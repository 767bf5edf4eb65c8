#pragma once

#include <cstddef>

#include <plume/quant/formats.hpp>

#include "kernels/panel.hpp"

// From a file's rows to panels and back. The layout is kernels/panel.hpp; the formats say what a code is.

namespace plume {

/// Bytes of one panel of a matrix w[N,D] of that format.
[[nodiscard]] std::size_t panel_bytes(const quant::format_info& f, std::size_t D) noexcept;

/// The view of panels at `data` (which may be null while planning).
[[nodiscard]] kernels::panels panels_of(const quant::format_info& f, std::size_t N, std::size_t D, const std::byte* data) noexcept;

/// Packs n_rows (1 to 16) consecutive rows of D weights into one panel; the lanes beyond become zero weights.
void pack_panel(const quant::format_info& f, const std::byte* rows, std::size_t n_rows, std::size_t D, std::byte* panel) noexcept;

/// Row `row` of a packed matrix as floats [D]: bit for bit what the format's decode gives.
void unpack_row(const kernels::panels& w, std::size_t row, float* out) noexcept;

}  // namespace plume
