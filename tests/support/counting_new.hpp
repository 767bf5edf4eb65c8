#pragma once

#include <atomic>
#include <cstddef>

// tests/models/counting_new.cpp replaces operator new for that test program and counts here.

namespace plume::test {

inline std::atomic<std::size_t> new_calls{0};   // since the program began
inline std::atomic<std::size_t> live_bytes{0};  // asked for and not yet given back

}  // namespace plume::test
