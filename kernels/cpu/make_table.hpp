#pragma once

#include <plume/quant/formats.hpp>

#include "attention.hpp"
#include "matmul_codes.hpp"
#include "matmul_floats.hpp"
#include "nonlinear.hpp"
#include "quantise.hpp"
#include "rows.hpp"

// From an Arch to its target_table: every kernel, and the matmul of every format in THE LIST. Formats with equal code layouts share kernels.

namespace plume::kernels::cpu {

template <class A, class A16, class F>
consteval target_table::matmul_entry matmul_of() {
    if constexpr (quant::float_format<F>) {
        using block = typename F::block;
        static_assert(sizeof(block) == 2 || sizeof(block) == 4);
        if constexpr (sizeof(block) == 4)
            return {.f32 = matmul_floats<A, weights_f32<A>>};
        else if constexpr (__is_same(F, quant::bf16))
            return {.f32 = matmul_floats<A, weights_bf16<A>>};
        else
            return {.f32 = matmul_floats<A, weights_f16<A>>};
    } else {
        static_assert(F::codes.min == quant::min_layout::none || F::offset == 0, "matmul_codes takes a minimum or an offset");
        constexpr int last = (1 << F::codes.bits) - 1, largest = F::offset > last - F::offset ? F::offset : last - F::offset;
        static_assert(!joins_in_f32<F::codes, 1> || 2 * 16 * largest * 127 * 128 < 1 << 24);
        return {.a8 = matmul_codes<A, F::codes, 1>, .a16 = matmul_codes<A16, F::codes, 2>};
    }
}

template <class A, class A16, class List = quant::all_formats>
struct matmul_entries;
template <class A, class A16, class... Fs>
struct matmul_entries<A, A16, type_list<Fs...>> {
    static constexpr target_table::matmul_entry list[] = {matmul_of<A, A16, Fs>()...};
};

template <class A, class Cache>
consteval target_table::cache_entry cache_of() {
    return {.append = Cache::append, .attention = attention<A, Cache>};
}

/// A16: what multiplies activations of 16 bits.
template <class A, class A16 = A>
consteval target_table make_table(const char* name) {
    static_assert(A::tokens(1) % A16::tokens(2) == 0 || A16::tokens(2) % A::tokens(1) == 0);
    return {.name             = name,
            .matmul           = matmul_entries<A, A16>::list,
            .quantise         = quantise<A, A16>,
            .words            = A16::words,
            .place            = place<A, A16>,
            .token_step       = static_cast<std::size_t>(A::tokens(1) > A16::tokens(2) ? A::tokens(1) : A16::tokens(2)),  // a multiple of both
            .mults_per_ms     = A::mults_per_ms,
            .rms_norm         = rms_norm<A>,
            .layer_norm       = layer_norm<A>,
            .rope_interleaved = rope_interleaved<A>,
            .rope_half_split  = rope_half_split<A>,
            .activate         = {activate<A, silu<A>>, activate<A, gelu_tanh<A>>, activate<A, gelu_erf<A>>, activate<A, clamped_swiglu<A>>},
            .add              = add<A>,
            .add_scaled       = add_scaled<A>,
            .scale            = scale<A>,
            .soft_cap         = soft_cap<A>,
            .cache            = {cache_of<A, cache_floats<A, std::uint16_t>>(), cache_of<A, cache_floats<A, float>>(), cache_of<A, cache_q8_0<A>>()},
            .merge_attention  = merge_attention<A>,
            .all_finite       = all_finite<A>,
            .exp_and_sum      = exp_and_sum<A>};
}

}  // namespace plume::kernels::cpu
