#pragma once

#include <cstddef>
#include <cstdint>

#include "inlined.hpp"

// The tile unit of AMX as plain functions. Inline assembly, because the compilers' intrinsics take a tile's number as a literal only, and g++'s tell
// the optimiser nothing of the memory that a tile load reads.

namespace plume::kernels {
namespace {

struct tiles_amx {
    static constexpr int rows = 16;  // of a tile, 64 bytes each

    /// What a tile instruction does depends on this: rows and bytes a row of each of the eight tiles. Intel 64 and IA-32 Architectures
    /// Software Developer's Manual, volume 1, 18.3.2: palette 1.
    struct alignas(64) configuration {
        std::uint8_t  palette = 1, start_row = 0, reserved[14] = {};
        std::uint16_t row_bytes[16] = {};
        std::uint8_t  row_count[16] = {};
    };

    /// Tiles are switched on from here to the end of the scope: no state stays in a host's thread, which would make its switches slower.
    class in_use {
    public:
        PLUME_INLINE explicit in_use(const configuration& c) noexcept { asm volatile("ldtilecfg %0" ::"m"(c)); }
        PLUME_INLINE ~in_use() { asm volatile("tilerelease" ::: "memory"); }
        in_use(const in_use&)            = delete;
        in_use& operator=(const in_use&) = delete;
    };

    template <int Tile>
    PLUME_INLINE static void load(const void* from, std::size_t stride) noexcept {
        asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(Tile) : "memory");
    }
    template <int Tile>
    PLUME_INLINE static void store(void* to, std::size_t stride) noexcept {
        asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(Tile) : "memory");
    }
    template <int Tile>
    PLUME_INLINE static void zero() noexcept {
        asm volatile("tilezero %%tmm%c0" ::"i"(Tile));
    }
    /// sums[m][n] += Σ over k of a[m][k]·b[k][n]: four signed bytes of a row of a meet four signed bytes of a line of b.
    template <int Sums, int A, int B>
    PLUME_INLINE static void dot() noexcept {
        asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(A), "i"(B));
    }
    /// The same with two bf16 in place of four bytes, and sums in f32.
    template <int Sums, int A, int B>
    PLUME_INLINE static void dot_bf16() noexcept {
        asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sums), "i"(A), "i"(B));
    }
};

}  // namespace
}  // namespace plume::kernels
