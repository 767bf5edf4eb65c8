#include <plume/core/executor.hpp>

#include "src/core/cgroup.hpp"
#include "src/guard.hpp"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <string>
#include <vector>

namespace plume {
namespace {

constexpr std::size_t most_threads = 4096;
constexpr auto        spin_time    = std::chrono::microseconds(30);  // about the sequential work between two calls of a decode step

// std::atomic::wait would do, but its table of waiters is a writable global in our library.
using futex_word = std::atomic<std::uint32_t>;
static_assert(sizeof(futex_word) == 4 && futex_word::is_always_lock_free);

void futex_wait(futex_word& word, std::uint32_t seen) noexcept { syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0); }
void futex_wake(futex_word& word, int n) noexcept { syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, n, nullptr, nullptr, 0); }

/// Waits until `done`, for spin_time at most; says whether it is.
template <class Done>
bool spin(Done done) noexcept {
    const auto end = std::chrono::steady_clock::now() + spin_time;
    do {
        for (int i = 0; i < 32; ++i) {
            if (done()) return true;
            __builtin_ia32_pause();
        }
    } while (std::chrono::steady_clock::now() < end);
    return done();
}

/// Persistent workers. One job at a time: the caller writes it, opens the gate, works, closes the gate and waits until nobody is inside.
/// A worker that comes late finds the gate closed and never sees a job that has ended; whoever is inside leaves only when no piece is left,
/// so an empty, closed gate means that every piece has ended.
class thread_pool final : public executor {
public:
    explicit thread_pool(bool may_spin) noexcept : may_spin_(may_spin) {}
    ~thread_pool() override {
        stopping_.store(true, std::memory_order_relaxed);
        call_.fetch_add(1, std::memory_order_seq_cst);
        futex_wake(call_, INT_MAX);
        for (const pthread_t worker : workers_) pthread_join(worker, nullptr);
    }

    result<void> start(std::size_t n_workers);

    [[nodiscard]] std::size_t concurrency() const noexcept override { return workers_.size() + 1; }
    void                      parallel_for(std::size_t n, task run, void* context) noexcept override;

private:
    static constexpr std::uint32_t open = 1u << 31, parked = 1u << 30, inside = parked - 1;

    static void* worker_main(void* self) noexcept {
        static_cast<thread_pool*>(self)->work();
        return nullptr;
    }
    void work() noexcept;
    bool enter() noexcept;
    void leave() noexcept;
    void take_pieces() noexcept;
    void close_and_wait() noexcept;

    std::vector<pthread_t> workers_;
    const bool             may_spin_;

    alignas(64) futex_word call_{0};  // grows with every call: what sleeping workers wait on
    futex_word        sleepers_{0};
    std::atomic<bool> stopping_{false};
    alignas(64) futex_word gate_{0};  // open, the caller is parked, number of workers inside
    std::atomic<bool> busy_{false};
    alignas(64) std::atomic<std::size_t> next_{0};  // the ticket: the next piece that nobody has
    alignas(64) std::size_t n_ = 0;                 // the job; written while the gate is closed and empty
    task  run_                 = nullptr;
    void* context_             = nullptr;
};

void thread_pool::take_pieces() noexcept {
    for (;;) {
        const std::size_t i = next_.fetch_add(1, std::memory_order_relaxed);
        if (i >= n_) return;
        run_(context_, i);
    }
}

bool thread_pool::enter() noexcept {
    std::uint32_t seen = gate_.load(std::memory_order_relaxed);
    while ((seen & open) != 0)
        if (gate_.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
    return false;
}

void thread_pool::leave() noexcept {
    const std::uint32_t now = gate_.fetch_sub(1, std::memory_order_release) - 1;
    if ((now & parked) != 0 && (now & inside) == 0) futex_wake(gate_, 1);
}

void thread_pool::work() noexcept {
    std::uint32_t seen = 0;
    for (;;) {
        const auto called = [&] { return call_.load(std::memory_order_acquire) != seen; };
        if (!called() && !(may_spin_ && spin(called))) {
            // sleepers_ first, then the kernel compares call_; a caller changes call_ first, then reads sleepers_: one of the two sees the other.
            sleepers_.fetch_add(1, std::memory_order_seq_cst);
            while (!called()) futex_wait(call_, seen);
            sleepers_.fetch_sub(1, std::memory_order_relaxed);
        }
        seen = call_.load(std::memory_order_acquire);
        if (stopping_.load(std::memory_order_relaxed)) return;
        if (enter()) {
            take_pieces();
            leave();
        }
    }
}

void thread_pool::close_and_wait() noexcept {
    gate_.fetch_and(~open, std::memory_order_relaxed);
    const auto empty = [&] { return (gate_.load(std::memory_order_acquire) & inside) == 0; };
    if (empty() || spin(empty)) return;
    for (;;) {
        const std::uint32_t seen = gate_.fetch_or(parked, std::memory_order_acquire) | parked;
        if ((seen & inside) == 0) return;
        futex_wait(gate_, seen);
    }
}

void thread_pool::parallel_for(std::size_t n, task run, void* context) noexcept {
    // Busy: another session's call, or a piece that calls again.
    if (n <= 1 || workers_.empty() || busy_.exchange(true, std::memory_order_acquire)) {
        for (std::size_t i = 0; i < n; ++i) run(context, i);
        return;
    }
    n_       = n;
    run_     = run;
    context_ = context;
    next_.store(0, std::memory_order_relaxed);
    gate_.store(open, std::memory_order_release);
    call_.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) futex_wake(call_, static_cast<int>(std::min(n - 1, workers_.size())));
    take_pieces();
    close_and_wait();
    busy_.store(false, std::memory_order_release);
}

result<void> thread_pool::start(std::size_t n_workers) {
    workers_.reserve(n_workers);
    // Workers inherit the mask: a host's signal handlers run on its own threads. Faults stay as they are, for its crash reports.
    sigset_t all, before;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    while (failed == 0 && workers_.size() < n_workers) {
        pthread_t worker{};
        failed = pthread_create(&worker, nullptr, worker_main, this);
        if (failed == 0) workers_.push_back(worker);
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed == 0) return {};
    return error{code::out_of_memory, "the system refused to start a thread"}
        .expected_found(std::to_string(n_workers) + " workers", std::to_string(workers_.size()) + " started")
        .hint("use fewer threads, or raise the limit of processes and memory");
}

}  // namespace

executor::~executor() = default;

result<std::shared_ptr<executor>> make_thread_pool(std::size_t threads) {
    if (threads < 1 || threads > most_threads)
        return error{code::invalid_argument, "is out of range"}
            .about("option", "threads")
            .expected_found("1 to " + std::to_string(most_threads), std::to_string(threads));
    // More threads than cores: whoever spins takes the core from one that works.
    return guarded([&]() -> result<std::shared_ptr<executor>> {
        auto pool = std::make_shared<thread_pool>(threads <= available_threads());
        if (auto started = pool->start(threads - 1); !started) return std::move(started).error();  // the destructor joins those that did start
        return std::shared_ptr<executor>(std::move(pool));
    });
}

std::size_t available_threads() noexcept {
    // Larger than cpu_set_t, which ends at 1024 cores: the kernel refuses a mask shorter than its own.
    unsigned long mask[1024] = {};
    std::size_t   cores      = 0;
    if (sched_getaffinity(0, sizeof mask, reinterpret_cast<cpu_set_t*>(mask)) == 0)
        for (const unsigned long word : mask) cores += static_cast<std::size_t>(__builtin_popcountl(word));
    else
        cores = static_cast<std::size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    if (const auto quota = cgroup::cores()) cores = std::min(cores, *quota);
    return std::max<std::size_t>(cores, 1);
}

}  // namespace plume
