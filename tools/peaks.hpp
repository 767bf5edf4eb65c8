#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace plume::tool {

/// What this machine can do at most, measured now, with all `threads` at work.
struct machine_peaks {
    double      int8_ops_per_second   = 0;  // a multiply and an add are two
    double      f32_ops_per_second    = 0;
    double      read_bytes_per_second = 0;  // from memory in 2 MiB pages where the system gives them
    std::string int8_instructions, f32_instructions;
};

/// One of them alone, in about a third of a second; int8 by vectors.
[[nodiscard]] double measure_int8_peak(std::size_t threads);
[[nodiscard]] double measure_f32_peak(std::size_t threads);

/// Takes about a second. `memory_bytes` is the most that the bandwidth measurement may allocate. With `tiles`, where a model runs on the CPU target amx (and
/// so has the system's leave), the int8 peak is the tile unit's, else the best of vectors.
[[nodiscard]] machine_peaks measure_peaks(std::size_t threads, std::uint64_t memory_bytes, bool tiles);

}  // namespace plume::tool
