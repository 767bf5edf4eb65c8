#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace plume {

/// SHA-256 of bytes that come in pieces: names a file or a result; it keeps no secret. One-at-a-time. Source: FIPS 180-4, sections 4.1.2, 5 and 6.2.
class sha256 {
public:
    void update(std::span<const std::byte> bytes) noexcept;

    /// Of everything so far; more may follow.
    [[nodiscard]] std::array<std::uint8_t, 32> digest() const noexcept;

private:
    void compress(const std::byte* block) noexcept;

    std::array<std::uint32_t, 8> hash_  = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::byte, 64>    rest_  = {};  // the last total_ % 64 bytes
    std::uint64_t                total_ = 0;
};

/// Two lower-case digits a byte.
[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);

}  // namespace plume
