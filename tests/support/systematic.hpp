#pragma once

#include <cstddef>
#include <span>

#include "support/gguf_writer.hpp"

// Damage of every kind that has an order. `fn` gets the damaged bytes and where they are damaged; the bytes live until it returns.

namespace plume::test {

/// fn(bytes, length): cut at every byte of the header, and before, at and after every tensor edge. Never the whole file.
template <class Fn>
void for_each_truncation(const gguf_bytes& file, Fn fn) {
    const std::span<const std::byte> all(file.data);
    for (std::size_t n = 0; n <= file.header && n < all.size(); ++n) fn(all.first(n), n);
    for (const auto edge : file.edges)
        for (const auto n : {edge - 1, edge, edge + 1})
            if (n > file.header && n < all.size()) fn(all.first(n), n);
}

/// fn(bytes, bit): each single bit of the first `header_bytes` flipped, one at a time.
template <class Fn>
void for_each_bit_flip(const byte_string& bytes, std::size_t header_bytes, Fn fn) {
    auto damaged = bytes;
    for (std::size_t bit = 0; bit < header_bytes * 8; ++bit) {
        const auto mask = std::byte{1} << (bit % 8);
        damaged[bit / 8] ^= mask;
        fn(std::span<const std::byte>(damaged), bit);
        damaged[bit / 8] ^= mask;
    }
}

}  // namespace plume::test
