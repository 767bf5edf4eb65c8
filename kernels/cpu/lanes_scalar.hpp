#pragma once

#include <cstddef>
#include <cstdint>

#include "inlined.hpp"

// 16 lanes as plain arrays: the meaning of every operation, which the other targets reproduce bit for bit. No instruction set is asked for.

#define PLUME_CALL [[gnu::noinline]]

namespace plume::kernels {
namespace {

struct lanes_scalar {
    struct f32 {
        float v[16];
    };
    struct i32 {
        std::int32_t v[16];
    };
    struct line {  // 16 rows × 4 bytes
        std::uint8_t v[64];
    };

    static constexpr bool words = false;                                         // A16 as 16-bit numbers instead of two planes of bytes: see lanes_avx2_words
    static constexpr int  tokens(int /*planes*/) { return 2; }                   // of a matmul tile
    static constexpr int  panels(int /*tokens*/, bool /*sub_16*/) { return 1; }  // of a tile of so many tokens; sub_16: for weights with sub-scales of 16
    static constexpr int  float_panels           = 1;                            // of a tile of float weights, at most
    static constexpr int  float_tokens           = 2;                            // of such a tile
    static constexpr int  float_few              = 2;                            // and where halves are read as they lie in memory
    static constexpr int  float_sums             = 2;                            // panels × tokens of such a tile, at most
    static constexpr std::size_t blocks_unpacked = 16;                           // of a panel, at once for many tokens
    static constexpr std::size_t mults_per_ms    = std::size_t{1} << 20;
    static constexpr int         attention_rows  = 1;  // of an attention step
    static constexpr int         score_groups    = 1;  // of 16 positions
    static constexpr int         value_groups    = 1;  // of 16 channels

    template <class F>
    PLUME_INLINE static f32 each(F f) {
        f32 r;
        for (int i = 0; i < 16; ++i) r.v[i] = f(i);
        return r;
    }
    template <class F>
    PLUME_INLINE static i32 each_int(F f) {
        i32 r;
        for (int i = 0; i < 16; ++i) r.v[i] = static_cast<std::int32_t>(f(i));
        return r;
    }

    // Memory. The _n variants touch n < 16 elements only; lanes beyond n are 0.
    PLUME_INLINE static f32 set1(float x) {
        return each([=](int) { return x; });
    }
    PLUME_INLINE static f32 load(const float* p) {
        return each([=](int i) { return p[i]; });
    }
    PLUME_INLINE static f32 load_n(const float* p, std::size_t n) {
        return each([=](int i) { return static_cast<std::size_t>(i) < n ? p[i] : 0.0f; });
    }
    PLUME_INLINE static void store(float* p, f32 x) {
        for (int i = 0; i < 16; ++i) p[i] = x.v[i];
    }
    PLUME_INLINE static void store_n(float* p, f32 x, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) p[i] = x.v[i];
    }
    PLUME_INLINE static float first(f32 x) { return x.v[0]; }
    PLUME_INLINE static f32   load_pairs(const float* p) {
          return each([=](int i) { return p[i / 2]; });
    }  // 8 elements, each twice

    // Arithmetic, each operation rounded once.
    PLUME_INLINE static f32 add(f32 a, f32 b) {
        return each([&](int i) { return a.v[i] + b.v[i]; });
    }
    PLUME_INLINE static f32 sub(f32 a, f32 b) {
        return each([&](int i) { return a.v[i] - b.v[i]; });
    }
    PLUME_INLINE static f32 mul(f32 a, f32 b) {
        return each([&](int i) { return a.v[i] * b.v[i]; });
    }
    PLUME_INLINE static f32 div(f32 a, f32 b) {
        return each([&](int i) { return a.v[i] / b.v[i]; });
    }
    PLUME_INLINE static f32 sqrt(f32 a) {
        return each([&](int i) { return __builtin_sqrtf(a.v[i]); });
    }
    PLUME_INLINE static f32 fma(f32 a, f32 b, f32 c) {
        return each([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
    }
    PLUME_INLINE static f32 fnma(f32 a, f32 b, f32 c) {
        return each([&](int i) { return __builtin_fmaf(-a.v[i], b.v[i], c.v[i]); });
    }  // c - a·b
    PLUME_INLINE static f32 max(f32 a, f32 b) {
        return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
    }  // b where unordered
    PLUME_INLINE static f32 min(f32 a, f32 b) {
        return each([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
    }  // b where unordered
    PLUME_INLINE static f32 abs(f32 a) {
        return each([&](int i) { return __builtin_fabsf(a.v[i]); });
    }
    PLUME_INLINE static f32 keep_first(f32 a, std::size_t n, float rest) {
        return each([&](int i) { return static_cast<std::size_t>(i) < n ? a.v[i] : rest; });
    }
    PLUME_INLINE static f32 swap_pairs(f32 a) {
        return each([&](int i) { return a.v[i ^ 1]; });
    }
    PLUME_INLINE static f32 negate_even(f32 a) {
        return each([&](int i) { return i % 2 ? a.v[i] : -a.v[i]; });
    }
    PLUME_INLINE static bool all_finite(f32 a) {
        bool finite = true;
        for (int i = 0; i < 16; ++i) finite &= (bits(a.v[i]) & 0x7fffffffu) < 0x7f800000u;
        return finite;
    }

    // The fixed tree: lanes i and i + 8, then i + 4, i + 2, i + 1.
    PLUME_INLINE static float reduce_add(f32 a) {
        for (int half = 8; half > 0; half /= 2)
            for (int i = 0; i < half; ++i) a.v[i] = a.v[i] + a.v[i + half];
        return a.v[0];
    }
    PLUME_INLINE static float reduce_max(f32 a) {
        for (int half = 8; half > 0; half /= 2)
            for (int i = 0; i < half; ++i) a.v[i] = a.v[i] > a.v[i + half] ? a.v[i] : a.v[i + half];
        return a.v[0];
    }

    // Integers wrap.
    PLUME_INLINE static i32 iset1(std::int32_t x) {
        return each_int([=](int) { return x; });
    }
    PLUME_INLINE static i32 iadd(i32 a, i32 b) {
        return each_int([&](int i) { return unsigned_of(a.v[i]) + unsigned_of(b.v[i]); });
    }
    PLUME_INLINE static i32 isub(i32 a, i32 b) {
        return each_int([&](int i) { return unsigned_of(a.v[i]) - unsigned_of(b.v[i]); });
    }
    PLUME_INLINE static i32 imul(i32 a, i32 b) {
        return each_int([&](int i) { return unsigned_of(a.v[i]) * unsigned_of(b.v[i]); });
    }
    PLUME_INLINE static i32 imin(i32 a, i32 b) {
        return each_int([&](int i) { return a.v[i] < b.v[i] ? a.v[i] : b.v[i]; });
    }
    PLUME_INLINE static i32 imax(i32 a, i32 b) {
        return each_int([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
    }
    template <int N>
    PLUME_INLINE static i32 shift_left(i32 a) {
        return each_int([&](int i) { return unsigned_of(a.v[i]) << N; });
    }
    template <int N>
    PLUME_INLINE static i32 shift_right(i32 a) {
        return each_int([&](int i) { return a.v[i] >> N; });
    }
    PLUME_INLINE static i32 iload_n(const std::int32_t* p, std::size_t n) {
        return each_int([=](int i) { return static_cast<std::size_t>(i) < n ? p[i] : 0; });
    }
    PLUME_INLINE static void istore(std::int32_t* p, i32 x) {
        for (int i = 0; i < 16; ++i) p[i] = x.v[i];
    }
    PLUME_INLINE static std::int32_t reduce_iadd(i32 a) {
        std::uint32_t sum = 0;
        for (int i = 0; i < 16; ++i) sum += unsigned_of(a.v[i]);
        return static_cast<std::int32_t>(sum);
    }
    PLUME_INLINE static f32 to_f32(i32 a) {
        return each([&](int i) { return static_cast<float>(a.v[i]); });
    }
    PLUME_INLINE static f32 as_f32(i32 a) {
        return each([&](int i) { return __builtin_bit_cast(float, a.v[i]); });
    }
    PLUME_INLINE static i32 as_i32(f32 a) {
        return each_int([&](int i) { return bits(a.v[i]); });
    }
    PLUME_INLINE static void store_i8(std::int8_t* p, i32 a) {  // values that fit
        for (int i = 0; i < 16; ++i) p[i] = static_cast<std::int8_t>(a.v[i]);
    }
    PLUME_INLINE static i32 load_i8(const void* p) {
        return each_int([=](int i) { return static_cast<const std::int8_t*>(p)[i]; });
    }
    PLUME_INLINE static i32 load_u8(const void* p) {
        return each_int([=](int i) { return static_cast<const std::uint8_t*>(p)[i]; });
    }

    // Halves, in integers: exact whatever the floating-point control says.
    PLUME_INLINE static float from_half(std::uint32_t h) {
        const std::uint32_t sign = h >> 15 << 31, exponent = h >> 10 & 31u, fraction = h & 0x3ffu;
        if (exponent == 31) return __builtin_bit_cast(float, sign | 0x7f800000u | fraction << 13);
        if (exponent != 0) return __builtin_bit_cast(float, sign | (exponent + 112) << 23 | fraction << 13);
        if (fraction == 0) return __builtin_bit_cast(float, sign);
        const auto shift = static_cast<std::uint32_t>(__builtin_clz(fraction)) - 21;  // brings the leading one to bit 10
        return __builtin_bit_cast(float, sign | (113 - shift) << 23 | (fraction << shift & 0x3ffu) << 13);
    }
    PLUME_INLINE static std::uint16_t to_half(float x) {  // to nearest even
        const std::uint32_t b = bits(x), sign = b >> 16 & 0x8000u, magnitude = b & 0x7fffffffu;
        std::uint32_t       low;
        if (magnitude > 0x7f800000u)
            low = 0x7e00u;
        else if (magnitude >= 0x477ff000u)
            low = 0x7c00u;
        else if (magnitude < 0x33000001u)
            low = 0;
        else {
            const bool          subnormal = magnitude < 0x38800000u;
            const std::uint32_t mantissa  = subnormal ? (magnitude & 0x7fffffu) | 0x800000u : magnitude - (112u << 23),
                                shift     = subnormal ? 126 - (magnitude >> 23) : 13;
            const std::uint32_t kept = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
            low = kept + (rest > middle || (rest == middle && (kept & 1u)) ? 1u : 0u);
        }
        return static_cast<std::uint16_t>(sign | low);
    }
    PLUME_INLINE static std::uint16_t at(const void* p, int i) {
        std::uint16_t h;
        __builtin_memcpy(&h, static_cast<const char*>(p) + 2 * i, 2);
        return h;
    }
    PLUME_INLINE static f32 load_f16(const void* p) {
        return each([=](int i) { return from_half(at(p, i)); });
    }
    PLUME_INLINE static f32 load_f16_n(const void* p, std::size_t n) {
        return each([=](int i) { return static_cast<std::size_t>(i) < n ? from_half(at(p, i)) : 0.0f; });
    }
    PLUME_INLINE static f32 load_bf16(const void* p) {
        return each([=](int i) { return __builtin_bit_cast(float, std::uint32_t{at(p, i)} << 16); });
    }
    PLUME_INLINE static void store_f16(std::uint16_t* p, f32 x) {
        for (int i = 0; i < 16; ++i) p[i] = to_half(x.v[i]);
    }

    // Lines of weight codes: called, not inlined, which would make this target the slowest to compile.
    PLUME_INLINE static line load_line(const void* p) {
        line r;
        __builtin_memcpy(r.v, p, 64);
        return r;
    }
    PLUME_INLINE static void store_line(void* p, const line& x) { __builtin_memcpy(p, x.v, 64); }
    /// Bits of Mask, after a shift to the right by Shift (to the left where negative), within each byte.
    template <int Shift, int Mask>
    PLUME_CALL static line place(line a) {
        for (int i = 0; i < 64; ++i)
            a.v[i] = static_cast<std::uint8_t>((Shift >= 0 ? a.v[i] >> (Shift >= 0 ? Shift : 0) : a.v[i] << (Shift < 0 ? -Shift : 0)) & Mask);
        return a;
    }
    PLUME_CALL static line join(line a, line b) {
        for (int i = 0; i < 64; ++i) a.v[i] |= b.v[i];
        return a;
    }

    PLUME_CALL static line broadcast_four(const std::int8_t* p) {
        line r;
        for (int i = 0; i < 64; ++i) r.v[i] = static_cast<std::uint8_t>(p[i % 4]);
        return r;
    }

    /// What a partial sum multiplies is value + bias(): the caller starts its sum at -bias · (sum of the activations).
    static constexpr std::int32_t bias(int bits, int table_reach, std::int32_t offset) { return cpu::operand_bias(bits, table_reach, offset); }
    /// The table as dot() wants it.
    PLUME_INLINE static line table(const std::int8_t* t, int reach) {
        line r;
        for (int i = 0; i < 64; ++i) r.v[i] = static_cast<std::uint8_t>(t[i % 16] + cpu::table_lift(reach));
        return r;
    }
    PLUME_CALL static line lookup(line t, line codes) {
        for (int i = 0; i < 64; ++i) codes.v[i] = t.v[codes.v[i]];
        return codes;
    }
    /// 8-bit codes as dot<signed> wants them.
    PLUME_CALL static line from_8_bits(line codes) {
        for (int i = 0; i < 64; ++i) codes.v[i] ^= 0x80u;
        return codes;
    }
    struct operand {
        line w;
    };
    template <bool Signed>
    PLUME_INLINE static operand prepare(line w) {
        return {w};
    }
    /// A sum of dot products of 4 in each row, over Groups of them: start, add<0> to add<Groups - 1>, end.
    template <bool Signed, int /*Largest*/, int /*Groups*/>
    struct partial {
        i32 sum;

        PLUME_INLINE void start(i32 from) { sum = from; }
        /// += Σ of 4 of w[row][i] · x[i]; Plane is 0 for x from hi, 1 from lo: where A has words, either brings two of the four.
        template <int G, int /*Plane*/>
        PLUME_INLINE void add(operand w, line x) {
            sum = dot<Signed>(sum, w, x);
        }
        PLUME_INLINE i32 end() const { return sum; }
    };
    template <bool Signed>
    PLUME_CALL static i32 dot(i32 acc, operand w, const line& x) {
        for (int row = 0; row < 16; ++row) {
            std::int32_t sum = 0;
            for (int i = 0; i < 4; ++i) {
                const int value = w.w.v[4 * row + i];
                sum += (Signed && value >= 128 ? value - 256 : value) * static_cast<std::int8_t>(x.v[4 * row + i]);
            }
            acc.v[row] = static_cast<std::int32_t>(unsigned_of(acc.v[row]) + unsigned_of(sum));
        }
        return acc;
    }

    PLUME_INLINE static std::uint32_t bits(float x) { return __builtin_bit_cast(std::uint32_t, x); }
    PLUME_INLINE static std::uint32_t unsigned_of(std::int32_t x) { return static_cast<std::uint32_t>(x); }
};

}  // namespace
}  // namespace plume::kernels

#undef PLUME_CALL
