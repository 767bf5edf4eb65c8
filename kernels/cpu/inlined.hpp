#pragma once

#include <cstdint>
#include <utility>

// Kernels are templates on an Arch type that lives in its translation unit's unnamed namespace, so every instantiation is local to that unit:
// no linker can take one target's copy of a function for another's. Everything small is inlined by force, also so that arrays of lanes stay in registers.

#define PLUME_INLINE [[gnu::always_inline]] inline
#define PLUME_INLINE_LAMBDA __attribute__((always_inline))

namespace plume::kernels::cpu {

template <int I>
struct index {
    static constexpr int   value = I;
    PLUME_INLINE constexpr operator int() const noexcept { return I; }  // a body that takes an int is one function for all I: cheaper to compile
};

template <class Sequence>
struct unroller;
template <int... I>
struct unroller<std::integer_sequence<int, I...>> {
    template <class F>
    PLUME_INLINE void operator()(F&& f) const noexcept {
        (f(index<I>{}), ...);
    }
};

/// unrolled<N>(f) calls f(index<0>), f(index<1>) ... f(index<N - 1>): a loop whose counter is a constant. An object, so that there is one call between the
/// loop and its body and no more: g++ optimises every function on the way by itself before it inlines it.
template <int N>
inline constexpr unroller<std::make_integer_sequence<int, N>> unrolled{};

/// What a table's values travel with, so that those of small reach need no sign.
PLUME_INLINE constexpr int table_lift(int reach) { return reach == 128 ? 0 : reach; }

/// What every weight of a format travels with, where codes of 8 bits and tables of large values keep their sign: operand = value + bias.
PLUME_INLINE constexpr std::int32_t operand_bias(int bits, int table_reach, std::int32_t offset) {
    return table_reach != 0 ? table_lift(table_reach) : bits == 8 ? offset - 128 : offset;
}

/// How many sums of two products fit 16 bits together, of weights up to `largest` and activations up to 127: 8, 4, 2 or 1, and at most `most`.
constexpr int pairs_in_16_bits(int largest, int most) {
    int n = most;
    while (n > 1 && n * 2 * largest * 127 > 32767) n /= 2;
    return n;
}

}  // namespace plume::kernels::cpu
