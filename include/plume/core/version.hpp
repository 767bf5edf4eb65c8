#pragma once

#define PLUME_VERSION_MAJOR 0
#define PLUME_VERSION_MINOR 1
#define PLUME_VERSION_PATCH 0

namespace plume {

/// "0.1.0": of the library that is linked, which may be newer than the headers (PLUME_VERSION_*).
[[nodiscard]] const char* version() noexcept;

/// Names the rules by which plume computes. Two builds with the same number give the same bits on any CPU.
inline constexpr int numerics_version = 1;

}  // namespace plume
