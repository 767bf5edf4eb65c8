#include "interrupt.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

namespace plume::tool {
namespace {

// All that the handler touches: lock-free, so safe at any moment. `terminal` is written before `has_terminal` and not again.
std::atomic<int>  wake_fd{-1};
std::atomic<bool> pressed{false};
std::atomic<bool> has_terminal{false};
termios           terminal;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void ring(int fd) noexcept {
    const std::uint64_t         one     = 1;
    [[maybe_unused]] const auto written = ::write(fd, &one, sizeof one);
}

extern "C" void on_sigint(int) {
    const int saved = errno;
    if (pressed.exchange(true)) {
        if (has_terminal.load()) ::tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
        ::_exit(130);
    }
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
    watcher_ = std::thread([this] { watch(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);

    struct sigaction action {};
    action.sa_handler = on_sigint;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
}

interrupt::~interrupt() {
    if (wake_ < 0) return;
    ::signal(SIGINT, SIG_DFL);
    round_ = -1;
    round_.notify_one();
    ring(wake_);
    watcher_.join();
    ::close(wake_);
}

void interrupt::watch() {
    for (int round = round_; round >= 0; round = round_) {
        pollfd wait{wake_, POLLIN, 0};
        if (::poll(&wait, 1, -1) < 0) continue;
        {
            // A press that rearm() forgot in this very moment must not stop the next round.
            const std::lock_guard lock(mutex_);
            if (round_ != round) continue;
            if (!pressed.load()) {
                drain();
                continue;
            }
            source_.request_stop();
        }
        round_.wait(round);  // the eventfd stays readable until then
    }
}

void interrupt::drain() noexcept {
    std::uint64_t               presses = 0;
    [[maybe_unused]] const auto n       = ::read(wake_, &presses, sizeof presses);
}

void interrupt::rearm() {
    if (wake_ < 0) return;
    {
        const std::lock_guard lock(mutex_);
        drain();
        pressed = false;
        source_ = std::stop_source();
        ++round_;
    }
    round_.notify_one();
}

std::stop_token interrupt::token() const {
    const std::lock_guard lock(mutex_);
    return source_.get_token();
}

bool interrupt::asked() const noexcept { return pressed.load(); }

bool interrupt::wait_for(int fd, short events) const noexcept {
    while (!asked()) {
        // The eventfd is read by rearm() alone, so a press between the test above and this call is seen as well.
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

void keep_terminal_settings() noexcept {
    if (!has_terminal.load() && ::tcgetattr(STDIN_FILENO, &terminal) == 0) has_terminal = true;
}

}  // namespace plume::tool
