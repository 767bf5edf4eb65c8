#pragma once

#include <cstddef>

#include "table.hpp"

// Floor 2: ways to multiply float weights that are not of the numbers contract, for load_options::fast. Their results depend on the machine and on how many
// tokens are computed together.

namespace plume::kernels {

/// Float weights rounded to bf16 in pairs: a panel of 16 rows is a line of 64 bytes for every two k, byte 4·row + 2·(k mod 2). K is filled up with zeros to a
/// multiple of 32: 16 lines are the operand of a tile instruction, one line that of a vector instruction.
inline constexpr std::size_t        pairs_step = 32;
[[nodiscard]] constexpr std::size_t pairs_panel_bytes(std::size_t D) noexcept { return (D + pairs_step - 1) / pairs_step * pairs_step * panel_rows * 2; }

/// Meets panels in pairs; rounds the activations x [T, D] to bf16 itself. Sums are f32.
struct fast_table {
    const char*                 name;
    target_table::matmul_floats matmul;
};

/// One of the fast kernels compiled in, the best first; src/fast.cpp has the table, which the build fills from the list in CMakeLists.txt.
struct fast_entry {
    const char* name;
    bool (*runs_here)() noexcept;
    bool (*pays_here)() noexcept;  // is faster than the exact kernels
    const fast_table* table;
};

}  // namespace plume::kernels
