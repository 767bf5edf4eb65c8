#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// What the control groups of this process leave it (Linux control groups v2 and v1). Private to the library; reads with fixed buffers, allocates nothing.
// `root` stands before /proc and /sys, "" for this machine: tests bring a folder of their own.

namespace plume::cgroup {

/// The smallest of limit - usage + file pages (the page cache, which gives way) over this group and all above it; empty where none has a limit.
[[nodiscard]] std::optional<std::uint64_t> memory_left(std::string_view root = "") noexcept;

/// The smallest CPU quota over this group and all above it, in cores, rounded up; empty without one.
[[nodiscard]] std::optional<std::size_t> cores(std::string_view root = "") noexcept;

// The parts, for their tests.

/// The file's beginning, as much as `room` holds; empty when it cannot be read.
[[nodiscard]] std::optional<std::string_view> read_file(std::string_view root, std::string_view path, std::span<char> room) noexcept;

/// The number that `text` begins with, after white space; empty for "max", a sign, none at all, or one beyond 64 bits.
[[nodiscard]] std::optional<std::uint64_t> leading_number(std::string_view text) noexcept;

/// The number after `name` at the beginning of a line: memory.stat and /proc/meminfo.
[[nodiscard]] std::optional<std::uint64_t> field(std::string_view text, std::string_view name) noexcept;

/// This process's path in /proc/self/cgroup: for "" the one of v2 (`0::/path`), else that of the v1 hierarchy with this controller (`4:cpu,cpuacct:/path`).
[[nodiscard]] std::optional<std::string_view> path_of(std::string_view self_cgroup, std::string_view controller) noexcept;

}  // namespace plume::cgroup
