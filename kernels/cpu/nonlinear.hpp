#pragma once

#include "rows.hpp"

// What stands between a feed-forward's matrices: plume/core/nonlinearity.hpp says which.

namespace plume::kernels::cpu {

/// x·σ(k·x), also for x where exp(-k·x) overflows: the quotient is 0 then.
template <class A>
PLUME_INLINE typename A::f32 times_sigmoid(typename A::f32 x, typename A::f32 kx) noexcept {
    return A::div(x, A::add(A::set1(1), exp<A>(A::sub(A::set1(0), kx))));
}

template <class A>
struct silu {
    using f32 = typename A::f32;
    PLUME_INLINE static f32 of(f32 g) noexcept { return times_sigmoid<A>(g, g); }
    PLUME_INLINE static f32 gated(f32 g, f32 u) noexcept { return A::mul(of(g), u); }
};

/// g·(1 + tanh(a))/2 with a = sqrt(2/pi)·(g + 0.044715·g³) is g·σ(2a).
template <class A>
struct gelu_tanh {
    using f32 = typename A::f32;
    PLUME_INLINE static f32 of(f32 g) noexcept {
        const f32 a = A::mul(g, A::fma(A::mul(g, g), A::set1(0x1.2444f2p-4f), A::set1(0x1.988454p+0f)));  // 2·sqrt(2/pi)·0.044715 and 2·sqrt(2/pi)
        return times_sigmoid<A>(g, a);
    }
    PLUME_INLINE static f32 gated(f32 g, f32 u) noexcept { return A::mul(of(g), u); }
};

/// g·Φ(g) is max(g, 0) - |g|·Φ(-|g|) for both signs.
template <class A>
struct gelu_erf {
    using f32 = typename A::f32;
    PLUME_INLINE static f32 of(f32 g) noexcept {
        const f32 size = A::abs(g);
        return A::fnma(size, normal_tail<A>(size), A::max(A::set1(0), g));
    }
    PLUME_INLINE static f32 gated(f32 g, f32 u) noexcept { return A::mul(of(g), u); }
};

template <class A>
struct clamped_swiglu {
    using f32 = typename A::f32;
    PLUME_INLINE static f32 of(f32 g) noexcept {
        g = A::min(A::set1(7), g);
        return times_sigmoid<A>(g, A::mul(A::set1(1.702f), g));
    }
    PLUME_INLINE static f32 gated(f32 g, f32 u) noexcept { return A::mul(of(g), A::add(A::set1(1), A::min(A::set1(7), A::max(A::set1(-7), u)))); }
};

template <class A, class Function>
void activate(const float* gate, const float* up, float* y, std::size_t n_elems) noexcept {
    if (up != nullptr)
        in_sixteens(n_elems, [&](std::size_t i, auto n)
                                 PLUME_INLINE_LAMBDA { store_some<A>(y + i, Function::gated(load_some<A>(gate + i, n), load_some<A>(up + i, n)), n); });
    else
        in_sixteens(n_elems, [&](std::size_t i, auto n) PLUME_INLINE_LAMBDA { store_some<A>(y + i, Function::of(load_some<A>(gate + i, n)), n); });
}

}  // namespace plume::kernels::cpu
