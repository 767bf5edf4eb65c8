#pragma once

#include <kernels/table.hpp>
#include <plume/kv/layout.hpp>

#include "inlined.hpp"

// How the cache holds keys and values (kv/layout.hpp has the layouts): appending one position, and decoding a part of a tile to f32.
// A part is [64][64] floats: keys [element][position], values [position][channel], so that attention.hpp knows nothing of types.

namespace plume::kernels::cpu {

inline constexpr std::size_t part_width = 64;  // elements of a key, or channels of a value, that are decoded together: 16 KiB stay in the first cache

/// What is asked for while other work is done: one line at each of at most 64 steps. Beyond the end of the cache that is no fault.
/// Off where many rows share a tile: then it comes from a cache, and asking costs a tenth of the arithmetic (measured).
template <bool On>
struct prefetching {
    const char*       at;
    std::size_t       step;  // bytes
    PLUME_INLINE void next() noexcept {
        if constexpr (!On) return;
        __builtin_prefetch(at, 0, 2);
        at += step;
    }
};

/// One tile's part: `position` counts from the start of its piece and is a multiple of 64, `from` is a multiple of 64.
struct cache_part {
    const void* data;         // this head's keys or values in the tile's piece
    std::size_t position, n;  // n <= 64 positions are there
    std::size_t from, width;  // elements or channels [from, from + width), width <= 64
    std::size_t E;
};

/// f32 and f16: key into [S/16][E][16] at lane position % 16, value into [S][E].
template <class A, class Element>
struct cache_floats {
    using f32                     = typename A::f32;
    static constexpr bool is_half = sizeof(Element) == 2;

    PLUME_INLINE static f32 load(const Element* p) noexcept {
        if constexpr (is_half)
            return A::load_f16(p);
        else
            return A::load(p);
    }
    PLUME_INLINE static f32 load_n(const Element* p, std::size_t n) noexcept {
        if constexpr (is_half)
            return A::load_f16_n(p, n);
        else
            return A::load_n(p, n);
    }

    static void append(const float* k, const float* v, std::size_t position, std::size_t E, void* k_cache, void* v_cache) noexcept {
        auto* keys   = static_cast<Element*>(k_cache) + position / 16 * 16 * E + position % 16;
        auto* values = static_cast<Element*>(v_cache) + position * E;
        for (std::size_t e = 0; e < E; e += 16) {
            const std::size_t n = E - e < 16 ? E - e : 16;
            Element           k16[16], v16[16];
            if constexpr (is_half)
                A::store_f16(k16, A::load_n(k + e, n)), A::store_f16(v16, A::load_n(v + e, n));
            else
                A::store(k16, A::load_n(k + e, n)), A::store(v16, A::load_n(v + e, n));
            for (std::size_t i = 0; i < n; ++i) keys[16 * (e + i)] = k16[i], values[e + i] = v16[i];
        }
    }
    template <bool On>
    PLUME_INLINE static void keys(const cache_part& p, float* part, prefetching<On> ahead) noexcept {
        const auto*       from   = static_cast<const Element*>(p.data) + p.position * p.E + 16 * p.from;
        const std::size_t groups = (p.n + 15) / 16;
        for (std::size_t e = 0; e < p.width; ++e, from += 16, part += part_width) {
            ahead.next();
            for (std::size_t g = 0; g < groups; ++g) A::store(part + 16 * g, load(from + 16 * g * p.E));
        }
    }
    template <bool On>
    PLUME_INLINE static void values(const cache_part& p, float* part, prefetching<On> ahead) noexcept {
        const auto* from = static_cast<const Element*>(p.data) + p.position * p.E + p.from;
        for (std::size_t s = 0; s < p.n; ++s, from += p.E, part += part_width) {
            ahead.next();
            std::size_t c = 0;
            for (; c + 16 <= p.width; c += 16) A::store(part + c, load(from + c));
            if (c < p.width) A::store(part + c, load_n(from + c, p.width - c));
        }
    }
    PLUME_INLINE static std::size_t tile_bytes(std::size_t E) noexcept { return attention_tile * E * sizeof(Element); }
};

/// q8_0: blocks of up to 32 elements of one position share an f16 scale d; an element is d · code, one product in f32.
/// Groups of 16 positions: keys [E][16] codes (lane = position), values [16][E] codes (lane = channel), then for both [ceil(E/32)][16] scales.
template <class A>
struct cache_q8_0 {
    using f32 = typename A::f32;

    PLUME_INLINE static std::size_t blocks(std::size_t E) noexcept { return (E + 31) / 32; }
    PLUME_INLINE static std::size_t group_bytes(std::size_t E) noexcept { return 16 * E + 32 * blocks(E); }
    PLUME_INLINE static const char* group_at(const void* data, std::size_t position, std::size_t E) noexcept {
        return static_cast<const char*>(data) + position / 16 * group_bytes(E);
    }

    /// Codes of n <= 32 elements and the scale amax/127 as a half; round half to even, clamped to ±127.
    PLUME_INLINE static std::uint16_t quantise(const float* x, std::size_t n, std::int8_t* codes) noexcept {
        const f32     part[2] = {A::load_n(x, n), n > 16 ? A::load_n(x + 16, n - 16) : A::set1(0)};
        std::uint16_t d[16];
        A::store_f16(d, A::div(A::set1(A::reduce_max(A::max(A::abs(part[0]), A::abs(part[1])))), A::set1(127)));
        const f32  scale = A::load_f16(d), shift = A::set1(0x1.8p23f);
        const bool zero = A::first(scale) == 0 || !A::all_finite(scale);  // so small that no code differs from 0, or damaged
        for (int h = 0; h < 2; ++h) {
            const f32  rounded = A::add(zero ? A::set1(0) : A::div(part[h], scale), shift);
            const auto code    = A::isub(A::as_i32(rounded), A::as_i32(shift));
            A::store_i8(codes + 16 * h, A::imax(A::imin(code, A::iset1(127)), A::iset1(-127)));
        }
        return d[0];
    }
    static void append(const float* k, const float* v, std::size_t position, std::size_t E, void* k_cache, void* v_cache) noexcept {
        const std::size_t lane   = position % 16;
        char*             keys   = const_cast<char*>(group_at(k_cache, position, E));
        char*             values = const_cast<char*>(group_at(v_cache, position, E));
        for (std::size_t e = 0; e < E; e += 32) {
            const std::size_t   n = E - e < 32 ? E - e : 32, scale_at = 16 * E + e / 32 * 32 + 2 * lane;
            std::int8_t         k_codes[32], v_codes[32];
            const std::uint16_t k_scale = quantise(k + e, n, k_codes), v_scale = quantise(v + e, n, v_codes);
            for (std::size_t i = 0; i < n; ++i) keys[16 * (e + i) + lane] = k_codes[i];
            __builtin_memcpy(values + lane * E + e, v_codes, n);
            __builtin_memcpy(keys + scale_at, &k_scale, 2);
            __builtin_memcpy(values + scale_at, &v_scale, 2);
        }
    }
    PLUME_INLINE static f32 scales(const char* group, std::size_t E, std::size_t block) noexcept { return A::load_f16(group + 16 * E + 32 * block); }

    template <bool On>
    PLUME_INLINE static void keys(const cache_part& p, float* part, prefetching<On> ahead) noexcept {
        for (std::size_t g = 0; 16 * g < p.n; ++g) {
            const char* group = group_at(p.data, p.position + 16 * g, p.E);
            for (std::size_t b = 0; b < p.width; b += 32) {
                const f32         d     = scales(group, p.E, (p.from + b) / 32);
                const std::size_t until = p.width - b < 32 ? p.width : b + 32;
                for (std::size_t e = b; e < until; ++e) {
                    if (e % 4 == 0) ahead.next();
                    A::store(part + part_width * e + 16 * g, A::mul(A::to_f32(A::load_i8(group + 16 * (p.from + e))), d));
                }
            }
        }
    }
    template <bool On>
    PLUME_INLINE static void values(const cache_part& p, float* part, prefetching<On> ahead) noexcept {
        for (std::size_t s = 0; s < p.n; s += 16) {
            const char*       group = group_at(p.data, p.position + s, p.E);
            const std::size_t n     = p.n - s < 16 ? p.n - s : 16;
            for (std::size_t b = 0; b < p.width; b += 32) {
                float d[16];
                A::store(d, scales(group, p.E, (p.from + b) / 32));
                for (std::size_t i = 0; i < n; ++i) {
                    if (b == 0) ahead.next();
                    for (std::size_t c = b; c < p.width && c < b + 32; c += 16)  // the last load may reach into what follows the codes
                        A::store(part + part_width * (s + i) + c, A::mul(A::to_f32(A::load_i8(group + i * p.E + p.from + c)), A::set1(d[i])));
                }
            }
        }
    }
    PLUME_INLINE static std::size_t tile_bytes(std::size_t E) noexcept { return attention_tile / 16 * group_bytes(E); }
};

}  // namespace plume::kernels::cpu
