#pragma once

#include <cstddef>
#include <cstdint>

#include <plume/quant/format.hpp>

// Floor 2: how weights lie in memory when kernels read them. Plain data; no code that a kernel's translation unit could emit for everyone.

namespace plume::kernels {

inline constexpr std::size_t panel_rows  = 16;  // a lane is an output row
inline constexpr std::size_t block_elems = 32;  // one float chain step

/// A panel holds 16 rows of D weights as separate streams, each for blocks b = 0 .. D/32 - 1 in order:
///
///   codes   bits · 64 bytes a block. Group g = 0..7 of a block is k = 4g .. 4g + 3 of all 16 rows; a line is 64 bytes, byte 4·row + (k mod 4).
///           8 bits: 8 lines, line g is group g. Otherwise code bits are split in planes, the lowest bits first:
///           a 4-bit plane (bits 4, 5, 6): 4 lines, line j has group j in the low nibbles and group j + 4 in the high ones;
///           a 2-bit plane (bits 2, 3, 6): 2 lines, line j has group j + 2p at bit 2p;
///           a 1-bit plane (bits 3, 5): 1 line, group p at bit p.
///   scales  16 halves, 16 floats, 16 int8 (sub for 32) or 2 × 16 int8 (sub for the first 16, then the second) a block
///   mins    none, 16 halves (dmin), 16 uint8, or 2 × 16 uint8 a block
///   supers  for every 256 weights: 16 floats d, and where there are minimums 16 floats dmin
///
/// Rows beyond N have scale 0. Streams begin at multiples of 64 bytes.
struct panel_shape {
    std::size_t codes_bytes, scales_at, scale_bytes, mins_at, min_bytes, supers_at, super_bytes,
        panel_bytes;  // *_bytes: a block (supers: of 256); *_at: from the panel's start
};

[[nodiscard]] constexpr panel_shape shape_of(quant::code_layout c, std::size_t D) noexcept {
    using quant::min_layout;
    using quant::scale_layout;
    const auto        round64 = [](std::size_t n) { return (n + 63) / 64 * 64; };
    panel_shape       s{};
    const std::size_t blocks = D / block_elems, supers = (D + 255) / 256;
    s.codes_bytes        = c.bits * std::size_t{64};
    s.scale_bytes        = c.scale == scale_layout::per_32_f32 ? 64 : c.scale == scale_layout::per_256_sub_32 ? 16 : 32;
    s.min_bytes          = c.min == min_layout::none ? 0 : c.min == min_layout::per_256_sub_32 ? 16 : 32;
    const bool has_super = c.scale == scale_layout::per_256_sub_32 || c.scale == scale_layout::per_256_sub_16;
    s.super_bytes        = !has_super ? 0 : c.min == min_layout::none ? 64 : 128;
    s.scales_at          = round64(s.codes_bytes * blocks);
    s.mins_at            = s.scales_at + round64(s.scale_bytes * blocks);
    s.supers_at          = s.mins_at + round64(s.min_bytes * blocks);
    s.panel_bytes        = s.supers_at + s.super_bytes * supers;
    return s;
}

/// Float weights: element (k, row) of a panel at k · 16 + row, in the format's own 2 or 4 bytes.
[[nodiscard]] constexpr std::size_t float_panel_bytes(std::size_t element_bytes, std::size_t D) noexcept {
    return (element_bytes * panel_rows * D + 63) / 64 * 64;
}

/// A matrix w[N,D] in panels. Owns nothing.
struct panels {
    const std::byte* data = nullptr;  // ceil(N / 16) panels of panel_bytes each, aligned to 64
    std::size_t      N = 0, D = 0;
    std::size_t      panel_bytes = 0;
    std::size_t      format      = 0;      // index in THE LIST (quant/formats.hpp)
    int              offset      = 0;      // of the format: value = code - offset
    std::int8_t      table[16]   = {};     // or value = table[code]
    bool             pairs       = false;  // float weights rounded to bf16 for the fast kernels (kernels/fast.hpp)
};

}  // namespace plume::kernels
