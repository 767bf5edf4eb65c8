#include <plume/core/sha256.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace plume {
namespace {

// FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74,
    0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
    0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
    0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
    0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

std::uint32_t read_big_endian(const std::byte* p) {
    std::uint32_t word = 0;
    for (int i = 0; i < 4; ++i) word = word << 8 | std::to_integer<std::uint32_t>(p[i]);
    return word;
}

std::uint32_t big_sigma_0(std::uint32_t x) { return std::rotr(x, 2) ^ std::rotr(x, 13) ^ std::rotr(x, 22); }
std::uint32_t big_sigma_1(std::uint32_t x) { return std::rotr(x, 6) ^ std::rotr(x, 11) ^ std::rotr(x, 25); }
std::uint32_t small_sigma_0(std::uint32_t x) { return std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3; }
std::uint32_t small_sigma_1(std::uint32_t x) { return std::rotr(x, 17) ^ std::rotr(x, 19) ^ x >> 10; }

}  // namespace

void sha256::compress(const std::byte* block) noexcept {
    std::uint32_t w[64];
    for (std::size_t t = 0; t < 16; ++t) w[t] = read_big_endian(block + 4 * t);
    for (std::size_t t = 16; t < 64; ++t) w[t] = small_sigma_1(w[t - 2]) + w[t - 7] + small_sigma_0(w[t - 15]) + w[t - 16];
    auto [a, b, c, d, e, f, g, h] = hash_;
    for (std::size_t t = 0; t < 64; ++t) {
        const std::uint32_t t1 = h + big_sigma_1(e) + ((e & f) ^ (~e & g)) + round_constants[t] + w[t];
        const std::uint32_t t2 = big_sigma_0(a) + ((a & b) ^ (a & c) ^ (b & c));
        h                      = g;
        g                      = f;
        f                      = e;
        e                      = d + t1;
        d                      = c;
        c                      = b;
        b                      = a;
        a                      = t1 + t2;
    }
    const std::uint32_t working[8] = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) hash_[i] += working[i];
}

void sha256::update(std::span<const std::byte> bytes) noexcept {
    const std::size_t held = total_ % 64;
    total_ += bytes.size();
    if (held != 0) {
        const std::size_t n = std::min(bytes.size(), 64 - held);
        std::copy_n(bytes.begin(), n, rest_.begin() + static_cast<std::ptrdiff_t>(held));
        bytes = bytes.subspan(n);
        if (held + n < 64) return;
        compress(rest_.data());
    }
    for (; bytes.size() >= 64; bytes = bytes.subspan(64)) compress(bytes.data());
    std::copy(bytes.begin(), bytes.end(), rest_.begin());
}

std::array<std::uint8_t, 32> sha256::digest() const noexcept {
    // Padding: one bit, zeros, the length in bits as 64 bits, to a multiple of 64 bytes.
    sha256            last = *this;
    const std::size_t held = total_ % 64, n = (held < 56 ? 64 : 128) - held;
    std::byte         pad[128] = {std::byte{0x80}};
    for (std::size_t i = 0; i < 8; ++i) pad[n - 1 - i] = static_cast<std::byte>(total_ * 8 >> 8 * i);
    last.update({pad, n});
    std::array<std::uint8_t, 32> out{};
    for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(last.hash_[i / 4] >> (24 - 8 * (i % 4)));
    return out;
}

std::string hex(std::span<const std::uint8_t> bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::string    text;
    text.reserve(2 * bytes.size());
    for (const std::uint8_t b : bytes) {
        text += digits[b >> 4];
        text += digits[b & 15];
    }
    return text;
}

}  // namespace plume
