#pragma once

#include <plume/quant/formats.hpp>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

// Pseudo-random blocks from a counter: the same bytes as tests/golden/make_quant.py makes.

namespace plume::quant::tests {

inline std::uint64_t splitmix64(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

enum class scales { sane, wild };  // exponents moved near 1, or whatever the bytes say: subnormal, infinite, NaN

template <class Block>
void make_sane(Block& b) {
    [[maybe_unused]] const auto near_one = [](std::uint16_t& bits) { bits = static_cast<std::uint16_t>((bits & 0x8fffu) | 0x2000u); };
    if constexpr (requires { b.d; }) near_one(b.d.bits);
    if constexpr (requires { b.dmin; }) near_one(b.dmin.bits);
    if constexpr (requires { b.m; }) near_one(b.m.bits);
    if constexpr (std::is_same_v<Block, f16::block>) near_one(b.value.bits);
    if constexpr (std::is_same_v<Block, iq1_m::block>) near_one(b.subs[3]);  // holds the top nibble of d
    if constexpr (std::is_same_v<Block, mxfp4::block>) b.exponent = static_cast<std::uint8_t>(120 + b.exponent % 8);
    if constexpr (std::is_same_v<Block, bf16::block>) b.value.bits = static_cast<std::uint16_t>((b.value.bits & 0x83ffu) | 0x3c00u);
    if constexpr (std::is_same_v<Block, f32::block>) b.value = std::bit_cast<float>((std::bit_cast<std::uint32_t>(b.value) & 0x83ffffffu) | 0x3c000000u);
}

template <class Format>
std::vector<typename Format::block> random_blocks(scales kind, std::size_t n) {
    std::vector<typename Format::block> blocks(n);
    const std::size_t                   bytes = n * sizeof(blocks[0]);
    std::uint64_t                       at    = (std::uint64_t{Format::gguf_type} << 40) + (kind == scales::wild ? std::uint64_t{1} << 32 : 0);
    for (std::size_t i = 0; i < bytes; i += 8) {
        const std::uint64_t word = splitmix64(at++);
        std::memcpy(reinterpret_cast<std::byte*>(blocks.data()) + i, &word, std::min<std::size_t>(8, bytes - i));
    }
    if (kind == scales::sane)
        for (auto& b : blocks) make_sane(b);
    return blocks;
}

template <class Format>
std::vector<float> decode_all(const std::vector<typename Format::block>& blocks) {
    std::vector<float> w(blocks.size() * Format::weights);
    for (std::size_t i = 0; i < blocks.size(); ++i) Format::decode(blocks[i], std::span<float, Format::weights>(&w[i * Format::weights], Format::weights));
    return w;
}

/// The bits of a float, every NaN the same.
inline std::uint32_t bits_of(float f) { return std::isnan(f) ? 0x7fc00000u : std::bit_cast<std::uint32_t>(f); }

/// Numbers with a bell-shaped density and standard deviation about `scale`, from a counter.
inline std::vector<float> bell(std::size_t n, std::uint64_t seed, float scale) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) {
        float sum = 0;
        for (std::uint64_t k = 0; k < 6; ++k) sum += static_cast<float>(splitmix64(seed << 40 | (6 * i + k)) >> 40) * 0x1p-24f - 0.5f;
        x[i] = sum * 1.4142f * scale;  // each term has variance 1/12
    }
    return x;
}

}  // namespace plume::quant::tests

#define PLUME_CODE_FORMATS                                                                                                                                    \
    plume::quant::q4_0, plume::quant::q4_1, plume::quant::q5_0, plume::quant::q5_1, plume::quant::q8_0, plume::quant::q2_k, plume::quant::q3_k,               \
        plume::quant::q4_k, plume::quant::q5_k, plume::quant::q6_k, plume::quant::iq4_nl, plume::quant::iq4_xs, plume::quant::iq3_s, plume::quant::iq3_xxs,   \
        plume::quant::iq2_s, plume::quant::iq2_xs, plume::quant::iq2_xxs, plume::quant::iq1_s, plume::quant::iq1_m, plume::quant::mxfp4, plume::quant::tq1_0, \
        plume::quant::tq2_0
#define PLUME_ALL_FORMATS plume::quant::f32, plume::quant::f16, plume::quant::bf16, PLUME_CODE_FORMATS
