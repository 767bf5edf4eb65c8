#include "interrupt.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace plume::tool {
namespace {

// All that the handler touches: lock-free, so safe at any moment.
std::atomic<int> wake_fd{-1};
std::atomic<int> presses{0};
static_assert(std::atomic<int>::is_always_lock_free);

void ring(int fd) noexcept {
    const std::uint64_t         one     = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

extern "C" void on_sigint(int) {
    const int saved = errno;
    if (presses.fetch_add(1) > 0) ::_exit(130);
    ring(wake_fd.load());
    errno = saved;
}

}  // namespace

interrupt::interrupt() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wake_ < 0) return;  // no descriptor left: Ctrl-C then ends the process as it does everywhere
    wake_fd = wake_;

    // The watcher must not be the thread that a signal interrupts: it is started with all signals blocked.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    watcher_ = std::thread([this] {
        pollfd wait{wake_, POLLIN, 0};
        while (::poll(&wait, 1, -1) < 0 && errno == EINTR) {
        }
        source_.request_stop();
    });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);

    struct sigaction action {};
    action.sa_handler = on_sigint;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
}

interrupt::~interrupt() {
    if (wake_ < 0) return;
    ::signal(SIGINT, SIG_DFL);
    ring(wake_);
    watcher_.join();
    ::close(wake_);
}

bool interrupt::asked() const noexcept { return presses.load() > 0; }

bool interrupt::wait_for(int fd, short events) const noexcept {
    while (!asked()) {
        // The eventfd is never read, so a press between the test above and this call is seen as well.
        std::array<pollfd, 2> waits{pollfd{fd, events, 0}, pollfd{wake_, POLLIN, 0}};
        if (::poll(waits.data(), wake_ < 0 ? 1 : 2, -1) < 0) {
            if (errno == EINTR) continue;
            return true;  // let the read or write itself say what is wrong
        }
        if (waits[0].revents != 0 && !asked()) return true;
    }
    // What is finished after Ctrl-C may still be told, where that needs no waiting.
    pollfd now{fd, events, 0};
    return events == POLLOUT && ::poll(&now, 1, 0) == 1;
}

}  // namespace plume::tool
