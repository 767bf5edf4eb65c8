#pragma once

#include <kernels/panel.hpp>

#include "inlined.hpp"

// Reading a panel (see panel.hpp): where its streams lie, and the codes of one group of four k for 16 rows.

namespace plume::kernels::cpu {

/// The streams of one panel.
template <class A>
struct panel_streams {
    const std::byte *codes, *scales, *mins, *supers;
};
template <class A, quant::code_layout C>
PLUME_INLINE panel_streams<A> streams_of(const panels& w, std::size_t panel) noexcept {
    constexpr panel_shape a_block = shape_of(C, 0);  // only its per-block sizes; shape_of itself is not ours to instantiate at run time
    const auto            round64 = [](std::size_t n) PLUME_INLINE_LAMBDA { return (n + 63) / 64 * 64; };
    const std::size_t     blocks  = w.D / block_elems;
    const std::byte*      codes   = w.data + panel * w.panel_bytes;
    const std::byte*      scales  = codes + round64(a_block.codes_bytes * blocks);
    const std::byte*      mins    = scales + round64(a_block.scale_bytes * blocks);
    return {codes, scales, mins, mins + round64(a_block.min_bytes * blocks)};
}

/// The codes of group G (k = 4G .. 4G + 3) from a block's bytes, each in its own byte.
template <class A, int Bits, int G>
PLUME_INLINE typename A::line group_codes(const std::byte* block) noexcept {
    // A plane whose group G has its Width bits at From, wanted at To.
    const auto plane = [&]<int Lines, int Width, int To>(const std::byte* at) PLUME_INLINE_LAMBDA {
        constexpr int From = G / Lines * Width;
        return A::template place<From - To, ((1 << Width) - 1) << To>(A::load_line(at + 64 * (G % Lines)));
    };
    if constexpr (Bits == 8)
        return A::load_line(block + 64 * G);
    else if constexpr (Bits == 6)
        return A::join(plane.template operator()<4, 4, 0>(block), plane.template operator()<2, 2, 4>(block + 256));
    else if constexpr (Bits == 5)
        return A::join(plane.template operator()<4, 4, 0>(block), plane.template operator()<1, 1, 4>(block + 256));
    else if constexpr (Bits == 4)
        return plane.template operator()<4, 4, 0>(block);
    else if constexpr (Bits == 3)
        return A::join(plane.template operator()<2, 2, 0>(block), plane.template operator()<1, 1, 2>(block + 128));
    else {
        static_assert(Bits == 2);
        return plane.template operator()<2, 2, 0>(block);
    }
}

/// Whether the bytes of a line have a sign, and how large they can be.
template <quant::code_layout C>
inline constexpr bool signed_operand = C.bits == 8 || C.table_reach == 128;
template <quant::code_layout C>
inline constexpr int largest_operand = signed_operand<C> ? 128
                                       : C.has_table()   ? 2 * C.table_reach
                                                         : (1 << C.bits) - 1;

/// The integer weights of group G of a block, each in its own byte as the target's sums take them (see A::bias).
template <class A, quant::code_layout C, int G>
PLUME_INLINE typename A::line group_line(const std::byte* block, typename A::line table) noexcept {
    const auto codes = group_codes<A, C.bits, G>(block);
    if constexpr (C.has_table())
        return A::lookup(table, codes);
    else if constexpr (C.bits == 8)
        return A::from_8_bits(codes);
    else
        return codes;
}

}  // namespace plume::kernels::cpu
