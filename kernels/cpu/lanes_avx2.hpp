#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "inlined.hpp"

// 16 lanes in two 256-bit registers, lanes 0-7 in the first; meanings as in lanes_scalar.hpp. Needs AVX2, FMA and F16C.

namespace plume::kernels {
namespace {

struct lanes_avx2 {
    struct f32 {
        __m256 a, b;
    };
    struct i32 {
        __m256i a, b;
    };
    struct line {
        __m256i a, b;  // rows 0-7, rows 8-15
    };

    static constexpr bool        words = false;
    static constexpr int         tokens(int /*planes*/) { return 4; }
    static constexpr int         panels(int tokens, bool /*sub_16*/) { return tokens == 1 ? 2 : 1; }
    static constexpr int         float_panels    = 2;
    static constexpr int         float_tokens    = 6;
    static constexpr int         float_few       = 6;
    static constexpr int         float_sums      = 6;
    static constexpr std::size_t blocks_unpacked = 32;
    static constexpr std::size_t mults_per_ms    = std::size_t{1} << 25;
    static constexpr int         attention_rows  = 6;
    static constexpr int         score_groups    = 1;
    static constexpr int         value_groups    = 1;

    PLUME_INLINE static __m256i first_n(std::size_t n, int from) {  // all ones in lanes below n - from
        const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n > 16 ? 16 : n) - from), lane);
    }

    PLUME_INLINE static f32  set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
    PLUME_INLINE static f32  load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
    PLUME_INLINE static f32  load_n(const float* p, std::size_t n) { return {_mm256_maskload_ps(p, first_n(n, 0)), _mm256_maskload_ps(p + 8, first_n(n, 8))}; }
    PLUME_INLINE static void store(float* p, f32 x) {
        _mm256_storeu_ps(p, x.a);
        _mm256_storeu_ps(p + 8, x.b);
    }
    PLUME_INLINE static void store_n(float* p, f32 x, std::size_t n) {
        _mm256_maskstore_ps(p, first_n(n, 0), x.a);
        _mm256_maskstore_ps(p + 8, first_n(n, 8), x.b);
    }
    PLUME_INLINE static float first(f32 x) { return _mm256_cvtss_f32(x.a); }
    PLUME_INLINE static f32   load_pairs(const float* p) {
          const __m256  all = _mm256_loadu_ps(p);
          const __m256i low = _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3), high = _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7);
          return {_mm256_permutevar8x32_ps(all, low), _mm256_permutevar8x32_ps(all, high)};
    }

    PLUME_INLINE static f32 add(f32 x, f32 y) { return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
    PLUME_INLINE static f32 sub(f32 x, f32 y) { return {_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)}; }
    PLUME_INLINE static f32 mul(f32 x, f32 y) { return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
    PLUME_INLINE static f32 div(f32 x, f32 y) { return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
    PLUME_INLINE static f32 sqrt(f32 x) { return {_mm256_sqrt_ps(x.a), _mm256_sqrt_ps(x.b)}; }
    PLUME_INLINE static f32 fma(f32 x, f32 y, f32 z) { return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)}; }
    PLUME_INLINE static f32 fnma(f32 x, f32 y, f32 z) { return {_mm256_fnmadd_ps(x.a, y.a, z.a), _mm256_fnmadd_ps(x.b, y.b, z.b)}; }
    PLUME_INLINE static f32 max(f32 x, f32 y) { return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)}; }
    PLUME_INLINE static f32 min(f32 x, f32 y) { return {_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)}; }
    PLUME_INLINE static f32 abs(f32 x) {
        const __m256 mask = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
        return {_mm256_and_ps(x.a, mask), _mm256_and_ps(x.b, mask)};
    }
    PLUME_INLINE static f32 keep_first(f32 x, std::size_t n, float rest) {
        const __m256 r = _mm256_set1_ps(rest);
        return {_mm256_blendv_ps(r, x.a, _mm256_castsi256_ps(first_n(n, 0))), _mm256_blendv_ps(r, x.b, _mm256_castsi256_ps(first_n(n, 8)))};
    }
    PLUME_INLINE static f32 swap_pairs(f32 x) { return {_mm256_permute_ps(x.a, 0xb1), _mm256_permute_ps(x.b, 0xb1)}; }
    PLUME_INLINE static f32 negate_even(f32 x) {
        const __m256 sign = _mm256_castsi256_ps(_mm256_set1_epi64x(0x80000000ll));
        return {_mm256_xor_ps(x.a, sign), _mm256_xor_ps(x.b, sign)};
    }
    PLUME_INLINE static bool all_finite(f32 x) {
        const __m256i magnitude = _mm256_set1_epi32(0x7fffffff), limit = _mm256_set1_epi32(0x7f800000);
        const __m256i a = _mm256_cmpgt_epi32(limit, _mm256_and_si256(_mm256_castps_si256(x.a), magnitude));
        const __m256i b = _mm256_cmpgt_epi32(limit, _mm256_and_si256(_mm256_castps_si256(x.b), magnitude));
        return _mm256_movemask_epi8(_mm256_and_si256(a, b)) == -1;
    }

    PLUME_INLINE static float reduce_add(f32 x) {
        const __m256 a8 = _mm256_add_ps(x.a, x.b);
        const __m128 a4 = _mm_add_ps(_mm256_castps256_ps128(a8), _mm256_extractf128_ps(a8, 1));
        const __m128 a2 = _mm_add_ps(a4, _mm_movehl_ps(a4, a4));
        return _mm_cvtss_f32(_mm_add_ss(a2, _mm_shuffle_ps(a2, a2, 1)));
    }
    PLUME_INLINE static float reduce_max(f32 x) {
        const __m256 a8 = _mm256_max_ps(x.a, x.b);
        const __m128 a4 = _mm_max_ps(_mm256_castps256_ps128(a8), _mm256_extractf128_ps(a8, 1));
        const __m128 a2 = _mm_max_ps(a4, _mm_movehl_ps(a4, a4));
        return _mm_cvtss_f32(_mm_max_ss(a2, _mm_shuffle_ps(a2, a2, 1)));
    }

    PLUME_INLINE static i32 iset1(std::int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
    PLUME_INLINE static i32 iadd(i32 x, i32 y) { return {_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b)}; }
    PLUME_INLINE static i32 isub(i32 x, i32 y) { return {_mm256_sub_epi32(x.a, y.a), _mm256_sub_epi32(x.b, y.b)}; }
    PLUME_INLINE static i32 imul(i32 x, i32 y) { return {_mm256_mullo_epi32(x.a, y.a), _mm256_mullo_epi32(x.b, y.b)}; }
    PLUME_INLINE static i32 imin(i32 x, i32 y) { return {_mm256_min_epi32(x.a, y.a), _mm256_min_epi32(x.b, y.b)}; }
    PLUME_INLINE static i32 imax(i32 x, i32 y) { return {_mm256_max_epi32(x.a, y.a), _mm256_max_epi32(x.b, y.b)}; }
    template <int N>
    PLUME_INLINE static i32 shift_left(i32 x) {
        return {_mm256_slli_epi32(x.a, N), _mm256_slli_epi32(x.b, N)};
    }
    template <int N>
    PLUME_INLINE static i32 shift_right(i32 x) {
        return {_mm256_srai_epi32(x.a, N), _mm256_srai_epi32(x.b, N)};
    }
    PLUME_INLINE static i32 iload_n(const std::int32_t* p, std::size_t n) {
        return {_mm256_maskload_epi32(p, first_n(n, 0)), _mm256_maskload_epi32(p + 8, first_n(n, 8))};
    }
    PLUME_INLINE static void istore(std::int32_t* p, i32 x) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x.a);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p + 8), x.b);
    }
    PLUME_INLINE static std::int32_t reduce_iadd(i32 x) {
        const __m256i a8 = _mm256_add_epi32(x.a, x.b);
        const __m128i a4 = _mm_add_epi32(_mm256_castsi256_si128(a8), _mm256_extracti128_si256(a8, 1));
        const __m128i a2 = _mm_add_epi32(a4, _mm_shuffle_epi32(a4, 0x4e));
        return _mm_cvtsi128_si32(_mm_add_epi32(a2, _mm_shuffle_epi32(a2, 0xb1)));
    }
    PLUME_INLINE static f32  to_f32(i32 x) { return {_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)}; }
    PLUME_INLINE static f32  as_f32(i32 x) { return {_mm256_castsi256_ps(x.a), _mm256_castsi256_ps(x.b)}; }
    PLUME_INLINE static i32  as_i32(f32 x) { return {_mm256_castps_si256(x.a), _mm256_castps_si256(x.b)}; }
    PLUME_INLINE static void store_i8(std::int8_t* p, i32 x) {
        const __m256i halves = _mm256_permute4x64_epi64(_mm256_packs_epi32(x.a, x.b), 0xd8);  // undo the lane-wise pack
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)));
    }
    PLUME_INLINE static i32 load_i8(const void* p) {
        const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(p));
        return {_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8))};
    }
    PLUME_INLINE static i32 load_u8(const void* p) {
        const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(p));
        return {_mm256_cvtepu8_epi32(bytes), _mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8))};
    }

    PLUME_INLINE static const __m128i* eighth(const void* p, int i) { return static_cast<const __m128i*>(p) + i; }  // 8 halves
    PLUME_INLINE static f32 load_f16(const void* p) { return {_mm256_cvtph_ps(_mm_loadu_si128(eighth(p, 0))), _mm256_cvtph_ps(_mm_loadu_si128(eighth(p, 1)))}; }
    PLUME_INLINE static f32 load_f16_n(const void* p, std::size_t n) {
        alignas(32) std::uint16_t copy[16] = {};
        for (std::size_t i = 0; i < n; ++i) __builtin_memcpy(copy + i, static_cast<const char*>(p) + 2 * i, 2);
        return load_f16(copy);
    }
    PLUME_INLINE static f32 load_bf16(const void* p) {
        const __m256i a = _mm256_cvtepu16_epi32(_mm_loadu_si128(eighth(p, 0))), b = _mm256_cvtepu16_epi32(_mm_loadu_si128(eighth(p, 1)));
        return {_mm256_castsi256_ps(_mm256_slli_epi32(a, 16)), _mm256_castsi256_ps(_mm256_slli_epi32(b, 16))};
    }
    PLUME_INLINE static void store_f16(std::uint16_t* p, f32 x) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x.a, _MM_FROUND_TO_NEAREST_INT));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 8), _mm256_cvtps_ph(x.b, _MM_FROUND_TO_NEAREST_INT));
    }

    PLUME_INLINE static line load_line(const void* p) {
        return {_mm256_loadu_si256(static_cast<const __m256i*>(p)), _mm256_loadu_si256(static_cast<const __m256i*>(p) + 1)};
    }
    PLUME_INLINE static void store_line(void* p, line x) {
        _mm256_storeu_si256(static_cast<__m256i*>(p), x.a);
        _mm256_storeu_si256(static_cast<__m256i*>(p) + 1, x.b);
    }
    template <int Shift, int Mask>
    PLUME_INLINE static line place(line x) {  // 16-bit shifts: the mask removes what crosses a byte
        const __m256i mask = _mm256_set1_epi8(static_cast<char>(Mask));
        if constexpr (Shift > 0) x = {_mm256_srli_epi16(x.a, Shift), _mm256_srli_epi16(x.b, Shift)};
        if constexpr (Shift < 0) x = {_mm256_slli_epi16(x.a, -Shift), _mm256_slli_epi16(x.b, -Shift)};
        return {_mm256_and_si256(x.a, mask), _mm256_and_si256(x.b, mask)};
    }
    PLUME_INLINE static line join(line x, line y) { return {_mm256_or_si256(x.a, y.a), _mm256_or_si256(x.b, y.b)}; }

    PLUME_INLINE static line broadcast_four(const std::int8_t* p) {
        int four;
        __builtin_memcpy(&four, p, 4);
        const __m256i both = _mm256_set1_epi32(four);
        return {both, both};
    }
    static constexpr std::int32_t bias(int bits, int table_reach, std::int32_t offset) { return cpu::operand_bias(bits, table_reach, offset); }
    PLUME_INLINE static line      table(const std::int8_t* t, int reach) {
             const __m256i values = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(t)));
             const __m256i both   = _mm256_add_epi8(values, _mm256_set1_epi8(static_cast<char>(cpu::table_lift(reach))));
             return {both, both};
    }
    PLUME_INLINE static line lookup(line t, line codes) { return {_mm256_shuffle_epi8(t.a, codes.a), _mm256_shuffle_epi8(t.b, codes.b)}; }
    PLUME_INLINE static line from_8_bits(line x) {
        const __m256i flip = _mm256_set1_epi8(-128);
        return {_mm256_xor_si256(x.a, flip), _mm256_xor_si256(x.b, flip)};
    }

    /// A sum is added up where it stands: left alone, g++ 12 gathers the additions behind all products, which then wait in memory (a quarter of the time).
    PLUME_INLINE static void stay(__m256i& sum) { asm("" : "+x"(sum)); }

    /// As in lanes_avx512.hpp: unsigned codes as they are, signed ones as |w| · (x with w's sign), never the reverse; nothing saturates.
    struct operand {
        line w;
    };
    template <bool Signed>
    PLUME_INLINE static operand prepare(line w) {
        return {w};
    }
    template <bool Signed, int Largest, int Groups>
    struct partial {
        static constexpr int run = cpu::pairs_in_16_bits(Largest, Groups);
        i32                  sum, pairs;

        PLUME_INLINE void start(i32 from) { sum = from; }
        template <int G>
        PLUME_INLINE static void add_8_rows(__m256i& sum, __m256i& pairs, __m256i w, __m256i x) {
            const __m256i pair = Signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)) : _mm256_maddubs_epi16(w, x);
            pairs              = G % run == 0 ? pair : _mm256_add_epi16(pairs, pair);
            stay(pairs);
            if constexpr (G % run == run - 1) stay(sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1))));
        }
        template <int G, int /*Plane*/>
        PLUME_INLINE void add(operand w, line x) {
            add_8_rows<G>(sum.a, pairs.a, w.w.a, x.a);
            add_8_rows<G>(sum.b, pairs.b, w.w.b, x.b);
        }
        PLUME_INLINE i32 end() const { return sum; }
    };
};

/// The same with activations of 16 bits as they are: codes widen to 16 bits, even and odd k apart, and two multiplications serve four k of a row,
/// where two planes of bytes take 2.25 (4-bit codes) to 4 (8-bit codes). `hi` has k and k + 2 of each four, `lo` k + 1 and k + 3. Codes of 8 bits and tables
/// travel with 128 added, which the start of the sum takes off again; 32 · 255 · 16319 fits its 32 bits.
struct lanes_avx2_words : lanes_avx2 {
    static constexpr bool words = true;

    PLUME_INLINE static void store_words(std::int8_t* hi, std::int8_t* lo, i32 q) {
        const __m256i pick   = _mm256_setr_epi8(0, 1, 8, 9, 4, 5, 12, 13, 0, 1, 8, 9, 4, 5, 12, 13, 0, 1, 8, 9, 4, 5, 12, 13, 0, 1, 8, 9, 4, 5, 12, 13);
        const __m256i both   = _mm256_unpacklo_epi32(_mm256_shuffle_epi8(q.a, pick), _mm256_shuffle_epi8(q.b, pick));  // hi 0 2, lo 0 2; hi 1 3, lo 1 3
        const __m256i sorted = _mm256_permutevar8x32_epi32(both, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(hi), _mm256_castsi256_si128(sorted));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(lo), _mm256_extracti128_si256(sorted, 1));
    }

    static constexpr std::int32_t bias(int /*bits*/, int table_reach, std::int32_t offset) { return table_reach != 0 ? 128 : offset; }
    PLUME_INLINE static line      table(const std::int8_t* t, int /*reach*/) { return lanes_avx2::from_8_bits(lanes_avx2::table(t, 128)); }
    PLUME_INLINE static line      from_8_bits(line codes) { return codes; }

    struct operand {
        line of_plane[2];
    };
    template <bool Signed>
    PLUME_INLINE static operand prepare(line w) {
        const __m256i low = _mm256_set1_epi16(255);
        return {{{_mm256_and_si256(w.a, low), _mm256_and_si256(w.b, low)}, {_mm256_srli_epi16(w.a, 8), _mm256_srli_epi16(w.b, 8)}}};
    }
    template <bool Signed, int /*Largest*/, int /*Groups*/>
    struct partial {
        i32 sum;

        PLUME_INLINE void start(i32 from) { sum = from; }
        template <int G, int Plane>
        PLUME_INLINE void add(const operand& w, line x) {
            stay(sum.a = _mm256_add_epi32(sum.a, _mm256_madd_epi16(w.of_plane[Plane].a, x.a)));
            stay(sum.b = _mm256_add_epi32(sum.b, _mm256_madd_epi16(w.of_plane[Plane].b, x.b)));
        }
        PLUME_INLINE i32 end() const { return sum; }
    };
};

}  // namespace
}  // namespace plume::kernels
