#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

namespace plume::io {

struct read_outcome {
    std::size_t got    = 0;  // bytes read before the end or the error
    int         reason = 0;  // errno; 0: none
};

/// Fills `into` from `offset` on, across interruptions (EINTR) and short reads. `read_at(bytes, n, offset)` is pread: the bytes read, 0 at the end,
/// -1 with errno. A template so that a test can interrupt it.
template <class ReadAt>
read_outcome read_exactly(ReadAt&& read_at, std::uint64_t offset, std::span<std::byte> into) {
    read_outcome outcome;
    while (outcome.got < into.size()) {
        const auto n = read_at(into.data() + outcome.got, into.size() - outcome.got, offset + outcome.got);
        if (n > 0) {
            outcome.got += static_cast<std::size_t>(n);
        } else if (n == 0) {
            return outcome;
        } else if (errno != EINTR) {
            outcome.reason = errno;
            return outcome;
        }
    }
    return outcome;
}

}  // namespace plume::io
