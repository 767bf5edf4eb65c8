#pragma once

#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>

namespace plume::tool {

/// Ctrl-C, in rounds: the first press of a round asks what runs to stop, a second one leaves the process at once with 130. A command that goes on afterwards
/// begins the next round with rearm(). One a process, made by main before anything else.
/// The signal handler only writes to an eventfd; a thread of its own turns that into the stop request.
class interrupt {
public:
    interrupt();
    ~interrupt();
    interrupt(const interrupt&)            = delete;
    interrupt& operator=(const interrupt&) = delete;

    /// Of this round: stays stopped when the next one begins.
    [[nodiscard]] std::stop_token token() const;
    [[nodiscard]] bool            asked() const noexcept;

    /// Forgets a press. On the thread that runs the command, while nothing waits or runs by this round's token.
    void rearm();

    /// Waits until `fd` is ready for `events` (POLLIN or POLLOUT); false when Ctrl-C ended the waiting. After Ctrl-C nothing waits: only output that is ready
    /// is.
    [[nodiscard]] bool wait_for(int fd, short events) const noexcept;

private:
    void watch();
    void drain() noexcept;

    mutable std::mutex mutex_;  // of source_
    std::stop_source   source_;
    std::atomic<int>   round_{0};   // -1: the end
    int                wake_ = -1;  // readable from a press until rearm()
    std::thread        watcher_;
};

/// Remembers how the terminal is set now: a second Ctrl-C puts it back so on its way out, whatever a line editor has made of it.
void keep_terminal_settings() noexcept;

}  // namespace plume::tool
