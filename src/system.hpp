#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

// What this machine is and has. Private to the library. No state: every call looks anew.

namespace plume {

/// Bytes a process may still allocate: the smaller of MemAvailable and, for each cgroup above this one (v2 or v1), limit - usage + reclaimable file pages.
struct memory_state {
    std::uint64_t                available;  // the smaller of both
    std::uint64_t                system;     // MemAvailable of /proc/meminfo
    std::optional<std::uint64_t> cgroup;     // what the cgroup's limit leaves; empty without a limit
};
[[nodiscard]] memory_state available_memory() noexcept;

/// Instruction sets that CPUID reports and that the operating system has switched on (XGETBV).
struct cpu_features {
    bool avx2 = false, fma = false, f16c = false;                                // with OS support of ymm
    bool avx512f = false, avx512bw = false, avx512dq = false, avx512vl = false;  // with OS support of zmm
    bool avx512vnni = false, avx512bf16 = false;
    bool amx_int8 = false, amx_bf16 = false;  // products of tiles, with OS support of tile data
    bool amd = false;                         // the maker
};
[[nodiscard]] cpu_features detect_cpu() noexcept;

/// Asks Linux to let this process's threads use AMX's tiles, and says whether they may. Once granted it stays so, for threads to come as well; the system
/// refuses where a thread has an alternative signal stack too small for tiles, and such small stacks are refused later on.
[[nodiscard]] bool allow_tiles() noexcept;

/// Sets this thread's floating-point control to the contract's (round to nearest even, denormals kept, all exceptions masked) and gives the caller's back at
/// the end.
class fp_control {
public:
    fp_control() noexcept;
    ~fp_control();
    fp_control(const fp_control&)            = delete;
    fp_control& operator=(const fp_control&) = delete;

private:
    std::uint32_t saved_;
};

}  // namespace plume
