#include <plume/sampling/sampler.hpp>

#include "tests/sampling/reference.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocations{0};
}

// The whole program's, counted. Not inlined: g++ would see new meet free and warn of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    ++allocations;
    return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void* operator new(std::size_t size) {
    if (void* p = operator new(size, std::nothrow)) return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace plume;

TEST_CASE("sampling from a large vocabulary with every option on allocates nothing") {
    constexpr std::size_t  V      = 128256;
    const auto             logits = reference::random_logits(V, 8, 3.0f);
    const sampling_options o{.temperature       = 1.2f,
                             .top_k             = 5000,
                             .top_p             = 0.99f,
                             .min_p             = 1e-4f,
                             .repeat_penalty    = 1.2f,
                             .frequency_penalty = 0.1f,
                             .presence_penalty  = 0.1f,
                             .logit_bias        = {{3, -std::numeric_limits<float>::infinity()}, {4, 1.0f}}};
    const std::size_t      unmade = allocations;
    auto                   s      = sampler::make(o, V, 1);
    REQUIRE(s);
    CHECK(allocations > unmade);  // the counter counts
    const std::size_t before = allocations;
    bool              good   = true;
    for (int i = 0; i < 20; ++i) {
        const auto token = s->sample(logits);
        good             = good && token.has_value();
        if (token) s->accept(*token);
    }
    const std::size_t after = allocations;
    CHECK(good);
    CHECK(after == before);
}
