#pragma once

#include <stop_token>
#include <thread>

namespace plume::tool {

/// Ctrl-C: the first asks the running call to stop, the second leaves at once with 130. One a process, made by main before anything else.
/// The signal handler only writes to an eventfd; a thread of its own turns that into the stop request.
class interrupt {
public:
    interrupt();
    ~interrupt();
    interrupt(const interrupt&)            = delete;
    interrupt& operator=(const interrupt&) = delete;

    [[nodiscard]] std::stop_token token() const noexcept { return source_.get_token(); }
    [[nodiscard]] bool            asked() const noexcept;

    /// Waits until `fd` is ready for `events` (POLLIN or POLLOUT); false when Ctrl-C ended the waiting. After Ctrl-C nothing waits: only output that is ready
    /// is.
    [[nodiscard]] bool wait_for(int fd, short events) const noexcept;

private:
    std::stop_source source_;
    int              wake_ = -1;
    std::thread      watcher_;
};

}  // namespace plume::tool
