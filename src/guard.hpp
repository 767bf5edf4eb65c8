#pragma once

#include <utility>

#include <plume/core/result.hpp>

#if defined(__cpp_exceptions)
#include <new>
#endif

namespace plume {

/// The border between the library and its caller for what the standard library throws: no memory becomes an error.
/// Exceptions of the caller's own callbacks pass through.
template <class Body>
auto guarded(const Body& body) -> decltype(body()) {
#if defined(__cpp_exceptions)
    try {
        return body();
    } catch (const std::bad_alloc&) {
        return error{code::out_of_memory, "no memory left"};  // short: its text needs no allocation
    }
#else
    return body();
#endif
}

}  // namespace plume
