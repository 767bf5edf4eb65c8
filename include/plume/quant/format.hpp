#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <plume/core/half.hpp>

namespace plume::quant {

/// How a format's scale d reaches a block of 32 weights.
enum class scale_layout : std::uint8_t {
    per_32_f16,      // d is a half of its own for every 32 weights
    per_32_f32,      // the same, but beyond a half's range (MXFP4's powers of two)
    per_256_sub_32,  // d for 256, times an integer for every 32
    per_256_sub_16,  // d for 256, times an integer for every 16: the two integer sums are joined before they become a float
};

/// How a format's minimum does: w = d·sub·value - dmin·min.
enum class min_layout : std::uint8_t { none, per_32_f16, per_256_sub_32, per_256_sub_16 };

/// What the integer kernels ask of a format. They never ask its name; formats that agree here share their kernels.
/// A code of `bits` bits becomes the integer weight `value` by the format's table where it has one, else by value = code - offset.
struct code_layout {
    std::uint8_t bits;  // 2, 3, 4, 5, 6 or 8
    scale_layout scale;
    min_layout   min                                                = min_layout::none;
    std::uint8_t table_reach                                        = 0;  // 16, 64 or 128: no value of the table is larger; 0: no table. Only for bits <= 4
    friend bool  operator==(const code_layout&, const code_layout&) = default;

    [[nodiscard]] constexpr bool has_table() const noexcept { return table_reach != 0; }
};

/// 32 consecutive weights of one row, taken apart: w[i] = d·sub[i / 16]·value(code[i]) - dmin·min[i / 16].
/// sub[0] == sub[1] unless the layout says sub_16, and likewise min. d and dmin are the block's, equal for its groups of 32.
/// Without sub-scales sub is 1; with a float minimum m (w = d·q + m) min is 1 and dmin is -m; without a minimum both are 0.
struct codes_32 {
    std::array<std::uint8_t, 32> code;
    std::array<std::int8_t, 2>   sub;
    std::array<std::uint8_t, 2>  min;
    float                        d, dmin;
};

/// A weight format: one file, everything about it. See q8_0.hpp for the smallest.
template <class F>
concept format = requires(const typename F::block& b, typename F::block& out, std::span<float, F::weights> w, std::span<const float, F::weights> cw) {
    { F::gguf_type } -> std::convertible_to<int>;
    { F::name } -> std::convertible_to<std::string_view>;
    { F::weights } -> std::convertible_to<std::size_t>;  // weights in a block
    { F::decode(b, w) }
    noexcept;  // the scalar truth, bit for bit what the format's specification says in f32
};

/// Formats whose weights are floats: 1 weight a block; they meet f32 activations.
template <class F>
concept float_format = format<F> && F::weights == 1;

/// Formats whose weights are integer codes with scales: they meet quantised activations.
template <class F>
concept code_format = format<F> && F::weights % 32 == 0 && requires(const typename F::block& b, codes_32& c, std::size_t group) {
    { F::codes } -> std::convertible_to<code_layout>;
    { F::offset } -> std::convertible_to<int>;                         // value = code - offset (0 where there is a table)
    { F::table } -> std::convertible_to<std::array<std::int8_t, 16>>;  // value = table[code] (zeros where there is none)
    { F::unpack(b, group, c) }
    noexcept;  // weights 32·group to 32·group + 31
};

template <class F>
concept encodable = format<F> && requires(std::span<const float, F::weights> w, typename F::block& out) {
    { F::encode(w, out) }
    noexcept;
};

/// Formats whose encoder can be told what an error of each weight costs; all values >= 0 and finite.
template <class F>
concept weighted_encodable = encodable<F> && requires(std::span<const float, F::weights> w, typename F::block& out) {
    { F::encode(w, w, out) }
    noexcept;
};

}  // namespace plume::quant
