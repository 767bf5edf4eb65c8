#pragma once

#include <cstddef>
#include <memory>

#include <plume/core/result.hpp>

namespace plume {

/// Where work runs. A host can bring its own; plume's is a pool of threads that sleep between calls.
/// Shared between threads: several sessions may call parallel_for at the same time.
class executor {
public:
    /// A piece of work; must not throw, and needs up to 128 KiB of stack. `index` runs from 0 to n - 1, each exactly once, in any order, on any thread.
    using task = void (*)(void* context, std::size_t index) noexcept;

    executor()                           = default;
    executor(const executor&)            = delete;
    executor& operator=(const executor&) = delete;
    virtual ~executor();

    /// Threads that can work at the same time, the caller's included: at least 1.
    [[nodiscard]] virtual std::size_t concurrency() const noexcept = 0;

    /// Runs all pieces and returns when the last has ended; what they wrote is then visible here. Allocates nothing.
    virtual void parallel_for(std::size_t n, task run, void* context) noexcept = 0;
};

/// plume's own pool: `threads` in all, the calling one included; 1 starts none. Its workers do not use the CPU between calls.
/// A call that finds the pool busy with another session's work does its own on the calling thread.
[[nodiscard]] result<std::shared_ptr<executor>> make_thread_pool(std::size_t threads);

/// Cores this process may use: affinity mask and cgroup CPU quota (rounded up), at least 1.
[[nodiscard]] std::size_t available_threads() noexcept;

}  // namespace plume
