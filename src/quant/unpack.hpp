#pragma once

#include <bit>
#include <cstring>
#include <type_traits>
#include <utility>

#include <plume/quant/format.hpp>

// What the code formats share when they take their blocks apart.

namespace plume::quant {

[[nodiscard]] constexpr std::uint8_t u8(std::size_t x) noexcept { return static_cast<std::uint8_t>(x); }
[[nodiscard]] constexpr std::int8_t  i8(int x) noexcept { return static_cast<std::int8_t>(x); }

/// to_float, inlined and without a branch. Subnormal halves are common: large blocks divide their scale by thousands. Their one subtraction is exact and
/// meets no subnormal float; its zero may be negative where a host has set another rounding.
[[nodiscard]] inline float widened(half h) noexcept {
    constexpr std::uint32_t smallest_normal = 113u << 23;
    const std::uint32_t     magnitude = h.bits & 0x7fffu, sign = (h.bits & 0x8000u) << 16;
    const std::uint32_t     normal = (magnitude << 13) + (magnitude >= 0x7c00 ? 224u << 23 : 112u << 23);
    const auto subnormal = std::bit_cast<std::uint32_t>(std::bit_cast<float>(smallest_normal | magnitude << 13) - std::bit_cast<float>(smallest_normal));
    return std::bit_cast<float>(sign | (magnitude < 0x0400 ? subnormal & 0x7fffffffu : normal));
}

/// Scales that hold for all 32 weights. Without a minimum dmin and min are 0.
inline void set_scales(codes_32& c, float d, int sub = 1, float dmin = 0, std::size_t min = 0) noexcept {
    c.d    = d;
    c.dmin = dmin;
    c.sub  = {i8(sub), i8(sub)};
    c.min  = {u8(min), u8(min)};
}

/// Bit fields of eight bytes at a time. A shift by a number that the compiler does not know would otherwise be done in 32 bits for each byte.
struct eight_bytes {
    std::uint64_t                    word;
    [[nodiscard]] static eight_bytes read(const std::uint8_t* from) noexcept {
        eight_bytes e{};
        std::memcpy(&e.word, from, sizeof e.word);
        return e;
    }
    void write(std::uint8_t* to) const noexcept { std::memcpy(to, &word, sizeof word); }
    /// Of each byte the field of bits `mask` at `shift`, which must not leave the byte.
    [[nodiscard]] eight_bytes field(std::size_t shift, unsigned mask) const noexcept { return {word >> shift & 0x0101010101010101u * mask}; }
};

/// 32 codes that are bits `mask` at `shift` of 32 bytes.
inline void unpack_fields(const std::uint8_t* q, std::size_t shift, unsigned mask, codes_32& c) noexcept {
    for (std::size_t i = 0; i < 32; i += 8) eight_bytes::read(q + i).field(shift, mask).write(&c.code[i]);
}

/// Bits `mask` at `shift` of 32 bytes become bits `to` of the codes.
inline void add_fields(const std::uint8_t* q, std::size_t shift, unsigned mask, unsigned to, codes_32& c) noexcept {
    for (std::size_t i = 0; i < 32; i += 8)
        eight_bytes{eight_bytes::read(&c.code[i]).word | eight_bytes::read(q + i).field(shift, mask).word << to}.write(&c.code[i]);
}

/// 16 bytes, 32 codes of 4 bits: the first 16 in the low nibbles.
inline void unpack_nibbles(const std::uint8_t* q, codes_32& c) noexcept {
    for (std::size_t i = 0; i < 16; i += 8) {
        eight_bytes::read(q + i).field(0, 15).write(&c.code[i]);
        eight_bytes::read(q + i).field(4, 15).write(&c.code[i + 16]);
    }
}

/// 32 bits, the fifth bits of 32 codes.
inline void add_fifth_bits(const std::uint8_t (&high)[4], codes_32& c) noexcept {
    constexpr std::uint64_t ones = 0x0101010101010101, diagonal = 0x8040201008040201;
    for (std::size_t i = 0; i < 32; i += 8) {
        const std::uint64_t one_a_byte = high[i / 8] * ones & diagonal;  // byte j holds bit j or nothing
        const std::uint64_t fifth      = (one_a_byte + 0x7f * ones) >> 3 & 0x10 * ones;
        eight_bytes{eight_bytes::read(&c.code[i]).word | fifth}.write(&c.code[i]);
    }
}

/// The first n groups, a whole number of blocks, of consecutive blocks at any address: c[n]. The file of each format instantiates its own, where F::unpack
/// is inlined with the group's number as a constant. Large blocks are copied first, so that the compiler knows that writing codes changes none of their bytes;
/// small ones are read in place where their address allows, as what was just copied is slow to read at another offset.
template <code_format F>
[[gnu::flatten]] void unpack_groups(const std::byte* blocks, std::size_t n, codes_32* c) noexcept {
    using block = typename F::block;
    static_assert(std::is_trivially_copyable_v<block>);
    constexpr std::size_t groups   = F::weights / 32;
    const auto            unpack   = [&]<std::size_t... Group>(const block& b, std::index_sequence<Group...>) { (F::unpack(b, Group, c[Group]), ...); };
    const bool            in_place = groups == 1 && reinterpret_cast<std::uintptr_t>(blocks) % alignof(block) == 0;
    for (const codes_32* end = c + n; c != end; c += groups, blocks += sizeof(block)) {
        if (in_place) {
            unpack(*reinterpret_cast<const block*>(blocks), std::make_index_sequence<groups>{});
            continue;
        }
        block copy;
        std::memcpy(&copy, blocks, sizeof copy);
        unpack(copy, std::make_index_sequence<groups>{});
    }
}

/// The truth of every code format: w = (d·sub)·value - dmin·min in f32.
/// The products are exact: d has at most 11 significant bits, sub and value 12 together (IQ4_XS 5 + 7, Q6_K 7 + 5), and 24 suffice;
/// only MXFP4's can overflow. What rounds is the difference, once.
/// The order (d·sub)·value fixes the sign of zeros and what infinities become.
template <code_format F>
void decode_codes(const typename F::block& b, std::span<float, F::weights> w) noexcept {
    for (std::size_t group = 0; group < F::weights / 32; ++group) {
        codes_32 c;
        F::unpack(b, group, c);
        for (std::size_t i = 0; i < 32; ++i) {
            const int   value   = F::codes.has_table() ? F::table[c.code[i] & 15] : c.code[i] - F::offset;
            const float product = c.d * static_cast<float>(c.sub[i / 16]) * static_cast<float>(value);
            w[32 * group + i]   = F::codes.min == min_layout::none ? product : product - c.dmin * static_cast<float>(c.min[i / 16]);
        }
    }
}

}  // namespace plume::quant
