#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>

#include <doctest/doctest.h>

namespace plume::test {

/// Runs `work` on a thread with a stack of so many KiB.
inline void on_stack_of(std::size_t kib, std::function<void()> work) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    REQUIRE(pthread_attr_setstacksize(&attributes, kib * 1024) == 0);
    pthread_t thread;
    REQUIRE(pthread_create(
                &thread, &attributes, [](void* p) -> void* { return (*static_cast<std::function<void()>*>(p))(), nullptr; }, &work) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

}  // namespace plume::test
