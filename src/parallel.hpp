#pragma once

#include <cstddef>

#include <plume/core/executor.hpp>

#include "system.hpp"

namespace plume {

/// body(i) for i = 0 .. n - 1 on the executor's threads, each with the contract's floating-point control. body must not throw. Allocates nothing.
template <class Body>
void parallel(executor& workers, std::size_t n, const Body& body) {
    const auto run = [](void* context, std::size_t index) noexcept {
        const fp_control contract;
        (*static_cast<const Body*>(context))(index);
    };
    if (n == 1) return run(const_cast<Body*>(&body), 0);
    if (n != 0) workers.parallel_for(n, run, const_cast<Body*>(&body));
}

}  // namespace plume
