#pragma once

// GCC 12 warns of its own intrinsics' "undefined" operands (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <cstddef>
#include <cstdint>

#include "inlined.hpp"

// 16 lanes in one 512-bit register; meanings as in lanes_scalar.hpp. Dot products without VNNI (lanes_avx512vnni.hpp has them with it).

namespace plume::kernels {
namespace {

struct lanes_avx512 {
    struct f32 {
        __m512 v;
    };
    struct i32 {
        __m512i v;
    };
    struct line {
        __m512i v;
    };

    // A tile of 8 tokens × 2 panels keeps more sums than there are registers, and is still faster than any that fits: each broadcast serves two panels.
    static constexpr bool        words = false;
    static constexpr int         tokens(int planes) { return planes == 1 ? 8 : 4; }
    static constexpr int         panels(int tokens, bool sub_16) { return tokens == 1 || tokens == 2 ? 4 : tokens == 8 && sub_16 ? 1 : 2; }
    static constexpr int         float_panels    = 4;
    static constexpr int         float_tokens    = 6;
    static constexpr int         float_few       = 12;
    static constexpr int         float_sums      = 24;
    static constexpr std::size_t blocks_unpacked = 16;
    static constexpr std::size_t mults_per_ms    = std::size_t{1} << 26;
    static constexpr int         attention_rows  = 6;
    static constexpr int         score_groups    = 4;
    static constexpr int         value_groups    = 4;

    PLUME_INLINE static __mmask16 first_n(std::size_t n) { return static_cast<__mmask16>(n >= 16 ? 0xffffu : (1u << n) - 1); }

    PLUME_INLINE static f32   set1(float x) { return {_mm512_set1_ps(x)}; }
    PLUME_INLINE static f32   load(const float* p) { return {_mm512_loadu_ps(p)}; }
    PLUME_INLINE static f32   load_n(const float* p, std::size_t n) { return {_mm512_maskz_loadu_ps(first_n(n), p)}; }
    PLUME_INLINE static void  store(float* p, f32 x) { _mm512_storeu_ps(p, x.v); }
    PLUME_INLINE static void  store_n(float* p, f32 x, std::size_t n) { _mm512_mask_storeu_ps(p, first_n(n), x.v); }
    PLUME_INLINE static float first(f32 x) { return _mm512_cvtss_f32(x.v); }
    PLUME_INLINE static f32   load_pairs(const float* p) {
          const __m512i twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
          return {_mm512_permutexvar_ps(twice, _mm512_castps256_ps512(_mm256_loadu_ps(p)))};
    }

    PLUME_INLINE static f32  add(f32 a, f32 b) { return {_mm512_add_ps(a.v, b.v)}; }
    PLUME_INLINE static f32  sub(f32 a, f32 b) { return {_mm512_sub_ps(a.v, b.v)}; }
    PLUME_INLINE static f32  mul(f32 a, f32 b) { return {_mm512_mul_ps(a.v, b.v)}; }
    PLUME_INLINE static f32  div(f32 a, f32 b) { return {_mm512_div_ps(a.v, b.v)}; }
    PLUME_INLINE static f32  sqrt(f32 a) { return {_mm512_sqrt_ps(a.v)}; }
    PLUME_INLINE static f32  fma(f32 a, f32 b, f32 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
    PLUME_INLINE static f32  fnma(f32 a, f32 b, f32 c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
    PLUME_INLINE static f32  max(f32 a, f32 b) { return {_mm512_max_ps(a.v, b.v)}; }
    PLUME_INLINE static f32  min(f32 a, f32 b) { return {_mm512_min_ps(a.v, b.v)}; }
    PLUME_INLINE static f32  abs(f32 a) { return {_mm512_and_ps(a.v, _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff)))}; }
    PLUME_INLINE static f32  keep_first(f32 a, std::size_t n, float rest) { return {_mm512_mask_blend_ps(first_n(n), _mm512_set1_ps(rest), a.v)}; }
    PLUME_INLINE static f32  swap_pairs(f32 a) { return {_mm512_castsi512_ps(_mm512_shuffle_epi32(_mm512_castps_si512(a.v), _MM_PERM_CDAB))}; }
    PLUME_INLINE static f32  negate_even(f32 a) { return {_mm512_xor_ps(a.v, _mm512_castsi512_ps(_mm512_set1_epi64(0x80000000ll)))}; }
    PLUME_INLINE static bool all_finite(f32 a) {
        const __m512i magnitude = _mm512_and_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32(0x7fffffff));
        return _mm512_cmplt_epi32_mask(magnitude, _mm512_set1_epi32(0x7f800000)) == 0xffff;
    }

    PLUME_INLINE static __m256 low(__m512 a) { return _mm512_castps512_ps256(a); }
    PLUME_INLINE static __m256 high(__m512 a) { return _mm512_extractf32x8_ps(a, 1); }
    PLUME_INLINE static float  reduce_add(f32 a) {
         const __m256 a8 = _mm256_add_ps(low(a.v), high(a.v));
         const __m128 a4 = _mm_add_ps(_mm256_castps256_ps128(a8), _mm256_extractf128_ps(a8, 1));
         const __m128 a2 = _mm_add_ps(a4, _mm_movehl_ps(a4, a4));
         return _mm_cvtss_f32(_mm_add_ss(a2, _mm_shuffle_ps(a2, a2, 1)));
    }
    PLUME_INLINE static float reduce_max(f32 a) {
        const __m256 a8 = _mm256_max_ps(low(a.v), high(a.v));
        const __m128 a4 = _mm_max_ps(_mm256_castps256_ps128(a8), _mm256_extractf128_ps(a8, 1));
        const __m128 a2 = _mm_max_ps(a4, _mm_movehl_ps(a4, a4));
        return _mm_cvtss_f32(_mm_max_ss(a2, _mm_shuffle_ps(a2, a2, 1)));
    }

    /// Lane r of the result is the reduction of 16 floats at p + 16·r, by reduce_add's tree: a transposition that joins as it goes.
    template <class Join>
    PLUME_INLINE static f32 reduce_rows(const float* p, Join join) {
        const auto two = [&](int r) PLUME_INLINE_LAMBDA {  // rows r and r + 4: 16 lanes each become 8
            const __m512 a = _mm512_load_ps(p + 16 * r), b = _mm512_load_ps(p + 16 * (r + 4));
            return join(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
        };
        const auto four = [&](int r) PLUME_INLINE_LAMBDA {  // r, r + 4, r + 8, r + 12: a quarter of four lanes each
            const __m512 a = two(r), b = two(r + 8);
            return join(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
        };
        const auto eight = [&](int r) PLUME_INLINE_LAMBDA {
            const __m512d a = _mm512_castps_pd(four(r)), b = _mm512_castps_pd(four(r + 1));
            return join(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)), _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));
        };
        const __m512 a = eight(0), b = eight(2);
        return {join(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xdd))};
    }
    PLUME_INLINE static f32 reduce_add_rows(const float* p) {
        return reduce_rows(p, [](__m512 a, __m512 b) PLUME_INLINE_LAMBDA { return _mm512_add_ps(a, b); });
    }
    PLUME_INLINE static f32 reduce_max_rows(const float* p) {
        return reduce_rows(p, [](__m512 a, __m512 b) PLUME_INLINE_LAMBDA { return _mm512_max_ps(a, b); });
    }
    PLUME_INLINE static f32 times_power_of_2(f32 a, f32 n) { return {_mm512_scalef_ps(a.v, n.v)}; }  // n an integer; rounds once

    PLUME_INLINE static i32 iset1(std::int32_t x) { return {_mm512_set1_epi32(x)}; }
    PLUME_INLINE static i32 iadd(i32 a, i32 b) { return {_mm512_add_epi32(a.v, b.v)}; }
    PLUME_INLINE static i32 isub(i32 a, i32 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
    PLUME_INLINE static i32 imul(i32 a, i32 b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
    PLUME_INLINE static i32 imin(i32 a, i32 b) { return {_mm512_min_epi32(a.v, b.v)}; }
    PLUME_INLINE static i32 imax(i32 a, i32 b) { return {_mm512_max_epi32(a.v, b.v)}; }
    template <int N>
    PLUME_INLINE static i32 shift_left(i32 a) {
        return {_mm512_slli_epi32(a.v, N)};
    }
    template <int N>
    PLUME_INLINE static i32 shift_right(i32 a) {
        return {_mm512_srai_epi32(a.v, N)};
    }
    PLUME_INLINE static i32          iload_n(const std::int32_t* p, std::size_t n) { return {_mm512_maskz_loadu_epi32(first_n(n), p)}; }
    PLUME_INLINE static void         istore(std::int32_t* p, i32 x) { _mm512_storeu_si512(p, x.v); }
    PLUME_INLINE static std::int32_t reduce_iadd(i32 a) {
        const __m256i a8 = _mm256_add_epi32(_mm512_castsi512_si256(a.v), _mm512_extracti32x8_epi32(a.v, 1));
        const __m128i a4 = _mm_add_epi32(_mm256_castsi256_si128(a8), _mm256_extracti128_si256(a8, 1));
        const __m128i a2 = _mm_add_epi32(a4, _mm_shuffle_epi32(a4, 0x4e));
        return _mm_cvtsi128_si32(_mm_add_epi32(a2, _mm_shuffle_epi32(a2, 0xb1)));
    }
    PLUME_INLINE static f32  to_f32(i32 a) { return {_mm512_cvtepi32_ps(a.v)}; }
    PLUME_INLINE static f32  as_f32(i32 a) { return {_mm512_castsi512_ps(a.v)}; }
    PLUME_INLINE static i32  as_i32(f32 a) { return {_mm512_castps_si512(a.v)}; }
    PLUME_INLINE static void store_i8(std::int8_t* p, i32 a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(a.v)); }
    PLUME_INLINE static i32  load_i8(const void* p) { return {_mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p)))}; }
    PLUME_INLINE static i32  load_u8(const void* p) { return {_mm512_cvtepu8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p)))}; }

    PLUME_INLINE static f32 load_f16(const void* p) { return {_mm512_cvtph_ps(_mm256_loadu_si256(static_cast<const __m256i*>(p)))}; }
    PLUME_INLINE static f32 load_f16_n(const void* p, std::size_t n) { return {_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first_n(n), p))}; }
    PLUME_INLINE static f32 load_bf16(const void* p) {
        const __m512i both = _mm512_broadcast_i64x4(_mm256_loadu_si256(static_cast<const __m256i*>(p)));  // by the load port: one shuffle is left
        const __m512i twin = _mm512_setr_epi32(0 << 16, 1 << 16, 2 << 16, 3 << 16, 4 << 16, 5 << 16, 6 << 16, 7 << 16, 8 << 16, 9 << 16, 10 << 16, 11 << 16,
                                               12 << 16, 13 << 16, 14 << 16, 15 << 16);
        return {_mm512_castsi512_ps(_mm512_maskz_permutexvar_epi16(0xaaaaaaaau, twin, both))};
    }
    PLUME_INLINE static void store_f16(std::uint16_t* p, f32 x) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(x.v, _MM_FROUND_TO_NEAREST_INT));
    }

    PLUME_INLINE static line load_line(const void* p) { return {_mm512_loadu_si512(p)}; }
    PLUME_INLINE static void store_line(void* p, line x) { _mm512_storeu_si512(p, x.v); }
    template <int Shift, int Mask>
    PLUME_INLINE static line place(line a) {  // 16-bit shifts: the mask removes what crosses a byte
        const __m512i mask = _mm512_set1_epi8(static_cast<char>(Mask));
        if constexpr (Shift == 0)
            return {_mm512_and_si512(a.v, mask)};
        else if constexpr (Shift > 0)
            return {_mm512_and_si512(_mm512_srli_epi16(a.v, Shift), mask)};
        else
            return {_mm512_and_si512(_mm512_slli_epi16(a.v, -Shift), mask)};
    }
    PLUME_INLINE static line join(line a, line b) { return {_mm512_or_si512(a.v, b.v)}; }

    PLUME_INLINE static line broadcast_four(const std::int8_t* p) {
        int four;
        __builtin_memcpy(&four, p, 4);
        return {_mm512_set1_epi32(four)};
    }
    static constexpr std::int32_t bias(int bits, int table_reach, std::int32_t offset) { return cpu::operand_bias(bits, table_reach, offset); }
    PLUME_INLINE static line      table(const std::int8_t* t, int reach) {
             const __m512i values = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(t)));
             return {_mm512_add_epi8(values, _mm512_set1_epi8(static_cast<char>(cpu::table_lift(reach))))};
    }
    PLUME_INLINE static line lookup(line t, line codes) { return {_mm512_shuffle_epi8(t.v, codes.v)}; }
    PLUME_INLINE static line from_8_bits(line codes) { return {_mm512_xor_si512(codes.v, _mm512_set1_epi8(-128))}; }

    /// Unsigned bytes (at most 128) meet maddubs as they are; signed ones as |w| · (x with w's sign), since |w| may be 128 and |x| never is.
    /// No pair of products leaves 16 bits: 2 · 128 · 127 = 32512.
    struct operand {
        __m512i   magnitude;
        __mmask64 negative;
    };
    template <bool Signed>
    PLUME_INLINE static operand prepare(line w) {
        if constexpr (Signed)
            return {_mm512_abs_epi8(w.v), _mm512_movepi8_mask(w.v)};
        else
            return {w.v, 0};
    }
    /// See lanes_avx2.hpp.
    PLUME_INLINE static void stay(__m512i& sum) { asm("" : "+v"(sum)); }

    /// A sum of dot products. Pairs of products are added up in 16 bits as long as nothing can leave them.
    template <bool Signed, int Largest, int Groups>
    struct partial {
        static constexpr int run = cpu::pairs_in_16_bits(Largest, Groups);
        __m512i              sum, pairs;

        PLUME_INLINE void start(i32 from) { sum = from.v; }
        template <int G, int /*Plane*/>
        PLUME_INLINE void add(operand w, line x) {
            __m512i a = x.v;
            if constexpr (Signed) a = _mm512_mask_sub_epi8(a, w.negative, _mm512_setzero_si512(), a);
            const __m512i pair = _mm512_maddubs_epi16(w.magnitude, a);
            pairs              = G % run == 0 ? pair : _mm512_add_epi16(pairs, pair);
            stay(pairs);
            if constexpr (G % run == run - 1) stay(sum = _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1))));
        }
        PLUME_INLINE i32 end() const { return {sum}; }
    };
};

}  // namespace
}  // namespace plume::kernels
