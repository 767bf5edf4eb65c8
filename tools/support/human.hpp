#pragma once

#include <cstdint>
#include <string>

namespace plume::tool {

/// Numbers for people. None depends on the locale.
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);  // "1.3 GiB", "512 bytes"
[[nodiscard]] std::string human_count(std::uint64_t count);  // "134.5 million"
[[nodiscard]] std::string grouped(std::uint64_t n);          // "134 515 008"
[[nodiscard]] std::string fixed(double value, int digits);   // "8.25"
[[nodiscard]] std::string percent(double share);             // "78.1 %"

}  // namespace plume::tool
