#include <plume/core/executor.hpp>

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

using namespace plume;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

std::shared_ptr<executor> pool_of(std::size_t threads) {
    auto pool = make_thread_pool(threads);
    REQUIRE(pool);
    return *pool;
}

/// Pieces write to memory of their own without atomics: a lost or doubled piece, or a write not yet visible, shows.
struct counted {
    std::vector<std::uint32_t> runs;
    static void                run(void* self, std::size_t i) noexcept { ++static_cast<counted*>(self)->runs[i]; }
};

std::size_t threads_of_this_process() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Threads:")) return std::stoul(line.substr(8));
    return 0;
}

}  // namespace

TEST_CASE("each piece runs exactly once and its writes are visible when the call returns") {
    for (const std::size_t threads : {1, 2, 3, 8}) {
        const auto pool = pool_of(threads);
        CHECK(pool->concurrency() == threads);
        for (const std::size_t n : {0, 1, 2, 3, 7, 64, 1000}) {
            counted c{std::vector<std::uint32_t>(n)};
            for (int call = 0; call < 50; ++call) {
                pool->parallel_for(n, counted::run, &c);
                for (const auto r : c.runs) REQUIRE(r == static_cast<std::uint32_t>(call + 1));
            }
        }
    }
}

TEST_CASE("eight callers share one pool") {
    const auto               pool = pool_of(4);
    std::vector<std::thread> callers;
    std::atomic<std::size_t> wrong{0};
    for (std::size_t caller = 0; caller < 8; ++caller)
        callers.emplace_back([&, caller] {
            counted c{std::vector<std::uint32_t>(17 + caller)};
            for (std::uint32_t call = 1; call <= 500; ++call) {
                pool->parallel_for(c.runs.size(), counted::run, &c);
                for (const auto r : c.runs) wrong += r != call;
            }
        });
    for (auto& t : callers) t.join();
    CHECK(wrong == 0);
}

TEST_CASE("a piece may call the pool again") {
    const auto pool = pool_of(3);
    struct nested {
        executor*            pool;
        std::vector<counted> inner;
        static void          run(void* self, std::size_t i) noexcept {
                     auto& n = *static_cast<nested*>(self);
                     n.pool->parallel_for(n.inner[i].runs.size(), counted::run, &n.inner[i]);
        }
    } outer{pool.get(), std::vector<counted>(20, counted{std::vector<std::uint32_t>(9)})};
    pool->parallel_for(outer.inner.size(), nested::run, &outer);
    for (const auto& c : outer.inner) CHECK(c.runs == std::vector<std::uint32_t>(9, 1));
}

TEST_CASE("pieces run at the same time on as many threads as the pool has") {
    const auto pool = pool_of(4);
    struct meeting {  // passes only when all four have come
        std::atomic<int> here{0};
        std::atomic<int> late{0};
        static void      run(void* self, std::size_t) noexcept {
                 auto&      m   = *static_cast<meeting*>(self);
                 const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
                 ++m.here;
                 while (m.here < 4 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
            m.late += m.here < 4;
        }
    } m;
    pool->parallel_for(4, meeting::run, &m);
    CHECK(m.late == 0);
}

TEST_CASE("one thread starts none, and a pool's threads end with it") {
    const std::size_t before = threads_of_this_process();
    {
        const auto alone = pool_of(1);
        CHECK(threads_of_this_process() == before);
        const auto four = pool_of(4);
        CHECK(threads_of_this_process() == before + 3);
    }
    CHECK(threads_of_this_process() == before);
}

TEST_CASE("the workers use no CPU between calls") {
    const auto pool = pool_of(4);
    counted    c{std::vector<std::uint32_t>(64)};
    pool->parallel_for(c.runs.size(), counted::run, &c);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto cpu_seconds = [] {
        timespec t{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
    };
    const double before = cpu_seconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK(cpu_seconds() - before < 0.02);  // three spinning workers would use at least 0.2
}

TEST_CASE("workers leave the host's signals to the host's threads") {
    const auto pool = pool_of(4);
    struct masks {
        std::atomic<int> unblocked{0}, others{0};
        pthread_t        caller = pthread_self();
        static void      run(void* self, std::size_t) noexcept {
                 auto& m = *static_cast<masks*>(self);
                 std::this_thread::sleep_for(std::chrono::milliseconds(1));
                 if (pthread_equal(m.caller, pthread_self()) != 0) return;
            sigset_t now;
                 pthread_sigmask(SIG_SETMASK, nullptr, &now);
                 ++m.others;
                 m.unblocked += sigismember(&now, SIGINT) == 0 || sigismember(&now, SIGUSR1) == 0 || sigismember(&now, SIGTERM) == 0;
        }
    } m;
    pool->parallel_for(64, masks::run, &m);
    CHECK(m.others > 0);
    CHECK(m.unblocked == 0);
    sigset_t mine;
    pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    CHECK(sigismember(&mine, SIGINT) == 0);
}

TEST_CASE("a number of threads that cannot be is refused") {
    for (const std::size_t threads : {std::size_t{0}, std::size_t{4097}, std::size_t(-1)}) {
        const auto pool = make_thread_pool(threads);
        REQUIRE_FALSE(pool);
        CHECK(pool.error().code() == code::invalid_argument);
    }
}

TEST_CASE("a thread that the system refuses is an error, and those already started end") {
    if (sanitized) {
        MESSAGE("skipped: sanitizers need the address space that this test limits");
        return;
    }
    std::ifstream     statm("/proc/self/statm");
    std::size_t       pages  = 0;
    const std::size_t before = threads_of_this_process();
    statm >> pages;
    rlimit was{};
    REQUIRE(getrlimit(RLIMIT_AS, &was) == 0);
    const rlimit tight{pages * 4096 + (std::size_t{64} << 20), was.rlim_max};  // room for a few stacks
    REQUIRE(setrlimit(RLIMIT_AS, &tight) == 0);
    const auto pool = make_thread_pool(1000);
    setrlimit(RLIMIT_AS, &was);
    REQUIRE_FALSE(pool);
    CHECK(pool.error().code() == code::out_of_memory);
    CHECK(threads_of_this_process() == before);
}

TEST_CASE("pools come and go a thousand times") {
    for (int i = 0; i < 1000; ++i) {
        const auto pool = pool_of(3);
        counted    c{std::vector<std::uint32_t>(5)};
        if (i % 2 == 0) pool->parallel_for(5, counted::run, &c);
    }
}
