#pragma once

#include "lanes_avx512.hpp"

namespace plume::kernels {
namespace {

/// AVX-512 with dot products of four unsigned weight bytes and four signed activation bytes, the activations broadcast from memory.
/// Signed weights travel with 128 added, which the start of the sum takes off again.
struct lanes_avx512vnni : lanes_avx512 {
    static constexpr std::int32_t bias(int /*bits*/, int table_reach, std::int32_t offset) { return table_reach != 0 ? 128 : offset; }
    PLUME_INLINE static line      table(const std::int8_t* t, int /*reach*/) { return lanes_avx512::from_8_bits(lanes_avx512::table(t, 128)); }
    PLUME_INLINE static line      from_8_bits(line codes) { return codes; }

    struct operand {
        __m512i w;
    };
    template <bool Signed>
    PLUME_INLINE static operand prepare(line w) {
        return {w.v};
    }
    template <bool Signed, int /*Largest*/, int /*Groups*/>
    struct partial {
        __m512i sum;

        PLUME_INLINE void start(i32 from) { sum = from.v; }
        template <int G, int /*Plane*/>
        PLUME_INLINE void add(operand w, line x) {
            sum = _mm512_dpbusd_epi32(sum, w.w, x.v);
        }
        PLUME_INLINE i32 end() const { return {sum}; }
    };
};

}  // namespace
}  // namespace plume::kernels
