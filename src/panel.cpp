#include "panel.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <utility>

#include <plume/core/checked.hpp>

namespace plume {
namespace {

using kernels::block_elems;
using kernels::panel_rows;
using quant::min_layout;
using quant::scale_layout;

/// Which planes a code of `bits` bits is split in, where each begins in a block's bytes, and from which bit of the code it takes.
struct planes {
    bool        four, two, one;
    std::size_t two_at, one_at;        // bytes from the block's start
    unsigned    two_shift, one_shift;  // bits of the code below the plane
};

constexpr planes planes_of(unsigned bits) noexcept {
    const bool four = bits == 4 || bits == 5 || bits == 6, two = bits == 2 || bits == 3 || bits == 6, one = bits == 3 || bits == 5;
    const auto two_at = std::size_t{four ? 256u : 0u}, one_at = two_at + (two ? 128u : 0u);
    return {four, two, one, two_at, one_at, four ? 4u : 0u, (four ? 4u : 0u) + (two ? 2u : 0u)};
}

/// The four codes of a group, of four neighbouring rows: a quarter of a line. Vectors of 16 bytes are what every x86-64 and ARM64 processor has.
using quarter_line [[gnu::vector_size(16)]] = std::uint8_t;

/// The groups of a block, [group], of four neighbouring rows whose codes lie `stride` apart: a transposition of words of four codes.
std::array<quarter_line, 8> groups_of(const quant::codes_32* c, std::size_t stride) noexcept {
    using words [[gnu::vector_size(16)]] = std::uint32_t;
    std::array<quarter_line, 8> groups;
    for (std::size_t half = 0; half < 2; ++half) {
        words row[4];
        for (std::size_t r = 0; r < 4; ++r) std::memcpy(&row[r], c[r * stride].code.data() + 16 * half, sizeof row[r]);
        const words ab = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5), cd = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5);
        const words ef = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7), gh = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
        const words turned[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                                 __builtin_shufflevector(ef, gh, 0, 1, 4, 5), __builtin_shufflevector(ef, gh, 2, 3, 6, 7)};
        std::memcpy(&groups[4 * half], turned, sizeof turned);
    }
    return groups;
}

/// Writes the codes of 32 weights of four neighbouring rows; `at` is the first row's word in the block's first line.
template <unsigned Bits>
void put_codes(const quant::codes_32* c, std::size_t stride, std::byte* at) noexcept {
    constexpr planes p    = planes_of(Bits);
    const auto       g    = groups_of(c, stride);
    const auto       line = [at](std::size_t offset, quarter_line codes) { std::memcpy(at + offset, &codes, sizeof codes); };
    if constexpr (Bits == 8)
        for (std::size_t j = 0; j < 8; ++j) line(64 * j, g[j]);
    if constexpr (p.four)
        for (std::size_t j = 0; j < 4; ++j) line(64 * j, (g[j] & 15) | g[j + 4] << 4);
    if constexpr (p.two)
        for (std::size_t j = 0; j < 2; ++j) {
            quarter_line codes{};
            for (std::size_t n = 0; n < 4; ++n) codes |= (g[j + 2 * n] >> p.two_shift & 3) << 2 * n;
            line(p.two_at + 64 * j, codes);
        }
    if constexpr (p.one) {
        quarter_line codes{};
        for (std::size_t n = 0; n < 8; ++n) codes |= (g[n] >> p.one_shift & 1) << n;
        line(p.one_at, codes);
    }
}

unsigned get_code(unsigned bits, const std::uint8_t* block, std::size_t lane, std::size_t i) noexcept {
    const planes      p = planes_of(bits);
    const std::size_t g = i / 4, byte = 4 * lane + i % 4;
    if (bits == 8) return block[64 * g + byte];
    unsigned code = 0;
    if (p.four) code |= unsigned{block[64 * (g & 3) + byte]} >> 4 * (g >> 2) & 15u;
    if (p.two) code |= (unsigned{block[p.two_at + 64 * (g & 1) + byte]} >> 2 * (g >> 1) & 3u) << p.two_shift;
    if (p.one) code |= (unsigned{block[p.one_at + byte]} >> g & 1u) << p.one_shift;
    return code;
}

template <class T>
void store(std::byte* stream, std::size_t index, T value) noexcept {
    std::memcpy(stream + index * sizeof(T), &value, sizeof(T));
}
template <class T>
T fetch(const std::byte* stream, std::size_t index) noexcept {
    T value;
    std::memcpy(&value, stream + index * sizeof(T), sizeof(T));
    return value;
}

/// to_half of what was a half before, the ordinary ones inlined.
half narrowed(float f) noexcept {
    const auto     bits      = std::bit_cast<std::uint32_t>(f);
    const unsigned magnitude = bits & 0x7fffffffu;
    if (magnitude < 0x38800000u || magnitude >= 0x47800000u || (bits & 0x1fffu) != 0) return to_half(f);
    return {static_cast<std::uint16_t>((bits >> 16 & 0x8000u) | (magnitude - (112u << 23)) >> 13)};
}

/// Some blocks of all rows of a panel, taken apart.
constexpr std::size_t blocks_at_once = 8;
using codes_run                      = quant::codes_32[panel_rows][blocks_at_once];

/// Writes the scales of n blocks of all rows, the first of them block b.
void put_scales(const quant::code_layout& l, const kernels::panel_shape& s, const codes_run& c, std::size_t n, std::size_t b, std::byte* panel) noexcept {
    std::byte* super = panel + s.supers_at + b / 8 * s.super_bytes;
    const auto lanes = [&c](std::size_t block, const auto& value, std::byte* at) {
        std::array<decltype(value(c[0][0])), panel_rows> all;
        for (std::size_t r = 0; r < panel_rows; ++r) all[r] = value(c[r][block]);
        std::memcpy(at, all.data(), sizeof all);
    };
    const auto each_block = [&](std::size_t from, std::size_t bytes, const auto& value) {
        for (std::size_t g = 0; g < n; ++g) lanes(g, value, panel + from + (b + g) * bytes);
    };
    const auto d    = [](const quant::codes_32& k) { return k.d; };
    const auto dmin = [](const quant::codes_32& k) { return k.dmin; };
    switch (l.scale) {
        case scale_layout::per_32_f16:
            each_block(s.scales_at, s.scale_bytes, [](const quant::codes_32& k) { return narrowed(k.d); });
            break;
        case scale_layout::per_32_f32:
            each_block(s.scales_at, s.scale_bytes, d);
            break;
        case scale_layout::per_256_sub_32:
            each_block(s.scales_at, s.scale_bytes, [](const quant::codes_32& k) { return k.sub[0]; });
            lanes(0, d, super);
            break;
        case scale_layout::per_256_sub_16:
            each_block(s.scales_at, s.scale_bytes, [](const quant::codes_32& k) { return k.sub[0]; });
            each_block(s.scales_at + panel_rows, s.scale_bytes, [](const quant::codes_32& k) { return k.sub[1]; });
            lanes(0, d, super);
            break;
    }
    switch (l.min) {
        case min_layout::none:
            break;
        case min_layout::per_32_f16:
            each_block(s.mins_at, s.min_bytes, [](const quant::codes_32& k) { return narrowed(k.dmin); });
            break;
        case min_layout::per_256_sub_32:
            each_block(s.mins_at, s.min_bytes, [](const quant::codes_32& k) { return k.min[0]; });
            lanes(0, dmin, super + 64);
            break;
        case min_layout::per_256_sub_16:
            each_block(s.mins_at, s.min_bytes, [](const quant::codes_32& k) { return k.min[0]; });
            each_block(s.mins_at + panel_rows, s.min_bytes, [](const quant::codes_32& k) { return k.min[1]; });
            lanes(0, dmin, super + 64);
            break;
    }
}

/// Scale and minimum of 16 weights of a row, as put_scales wrote them.
struct affine {
    float d, sub, dmin, min;
};

affine get_scales(const quant::code_layout& l, const kernels::panel_shape& s, std::size_t b, std::size_t half_block, std::size_t lane,
                  const std::byte* panel) noexcept {
    const std::byte* scales = panel + s.scales_at + b * s.scale_bytes;
    const std::byte* mins   = panel + s.mins_at + b * s.min_bytes;
    const std::byte* super  = panel + s.supers_at + b / 8 * s.super_bytes;
    affine           a{0, 1, 0, 1};
    switch (l.scale) {
        case scale_layout::per_32_f16:
            a.d = to_float(fetch<half>(scales, lane));
            break;
        case scale_layout::per_32_f32:
            a.d = fetch<float>(scales, lane);
            break;
        case scale_layout::per_256_sub_32:
            a.d = fetch<float>(super, lane), a.sub = fetch<std::int8_t>(scales, lane);
            break;
        case scale_layout::per_256_sub_16:
            a.d = fetch<float>(super, lane), a.sub = fetch<std::int8_t>(scales, panel_rows * half_block + lane);
            break;
    }
    switch (l.min) {
        case min_layout::none:
            break;
        case min_layout::per_32_f16:
            a.dmin = to_float(fetch<half>(mins, lane));
            break;
        case min_layout::per_256_sub_32:
            a.dmin = fetch<float>(super, panel_rows + lane), a.min = fetch<std::uint8_t>(mins, lane);
            break;
        case min_layout::per_256_sub_16:
            a.dmin = fetch<float>(super, panel_rows + lane), a.min = fetch<std::uint8_t>(mins, panel_rows * half_block + lane);
            break;
    }
    return a;
}

/// Asks for bytes that will be read soon; what is not there to be read does no harm.
void prefetch(const std::byte* from, std::size_t bytes) noexcept {
    for (std::size_t at = 0; at < bytes; at += 64) __builtin_prefetch(from + at, 0, 2);
}

/// 256 weights of all rows are taken apart first and put into the panel then: what has just been written cannot be read at another width without a stall.
template <unsigned Bits>
void pack_codes(const quant::format_info& f, const std::byte* rows, std::size_t n_rows, std::size_t D, std::byte* panel) noexcept {
    const auto        shape     = kernels::shape_of(f.codes, D);
    const std::size_t row_bytes = D / f.weights * f.block_bytes, run_bytes = blocks_at_once * block_elems / f.weights * f.block_bytes;
    codes_run         c;
    for (std::size_t r = n_rows; r < panel_rows; ++r) std::fill(std::begin(c[r]), std::end(c[r]), quant::codes_32{});
    for (std::size_t b = 0; b < D / block_elems; b += blocks_at_once) {
        const std::size_t n = std::min(blocks_at_once, D / block_elems - b);
        for (std::size_t r = 0; r < n_rows; ++r) {
            // Sixteen short strides a run are more than the hardware foresees: the next panel's bytes are asked for in order meanwhile.
            prefetch(rows + panel_rows * row_bytes + (b / blocks_at_once * panel_rows + r) * run_bytes, run_bytes);
            f.unpack_groups(rows + r * row_bytes + b / blocks_at_once * run_bytes, n, c[r]);
        }
        for (std::size_t g = 0; g < n; ++g)
            for (std::size_t r = 0; r < n_rows; r += 4) put_codes<Bits>(&c[r][g], blocks_at_once, panel + (b + g) * (Bits * 64) + 4 * r);
        put_scales(f.codes, shape, c, n, b, panel);
    }
}

/// Element (k, row) at k · 16 + row: a transposition, by squares that stay in the nearest cache.
template <class Element>
void pack_floats(const std::byte* rows, std::size_t n_rows, std::size_t D, std::byte* panel) noexcept {
    constexpr std::size_t square = 64 / sizeof(Element);
    for (std::size_t k = 0; k < D; k += square)
        for (std::size_t r = 0; r < n_rows; ++r)
            for (std::size_t i = k; i < std::min(k + square, D); ++i) store(panel, i * panel_rows + r, fetch<Element>(rows, r * D + i));
}

/// What no row or block writes: the lanes beyond n_rows, and the ends of the streams.
void clear_rest(const quant::format_info& f, std::size_t n_rows, std::size_t D, std::byte* panel) noexcept {
    const std::size_t all = panel_bytes(f, D);
    if (n_rows < panel_rows) {
        std::memset(panel, 0, all);
        return;
    }
    const auto clear = [&](std::size_t begin, std::size_t end) { std::memset(panel + begin, 0, end - begin); };
    if (f.is_float) return clear(D * panel_rows * f.block_bytes, all);
    const auto        s      = kernels::shape_of(f.codes, D);
    const std::size_t blocks = D / block_elems;
    clear(blocks * s.codes_bytes, s.scales_at);
    clear(s.scales_at + blocks * s.scale_bytes, s.mins_at);
    clear(s.mins_at + blocks * s.min_bytes, s.supers_at);
}

}  // namespace

std::size_t panel_bytes(const quant::format_info& f, std::size_t D) noexcept {
    return f.is_float ? kernels::float_panel_bytes(f.block_bytes, D) : kernels::shape_of(f.codes, D).panel_bytes;
}

kernels::panels panels_of(const quant::format_info& f, std::size_t N, std::size_t D, const std::byte* data) noexcept {
    kernels::panels w;
    w.data        = data;
    w.N           = N;
    w.D           = D;
    w.panel_bytes = panel_bytes(f, D);
    w.format      = static_cast<std::size_t>(&f - quant::formats().data());
    w.offset      = f.offset;
    std::memcpy(w.table, f.table.data(), sizeof w.table);
    return w;
}

void pack_panel(const quant::format_info& f, const std::byte* rows, std::size_t n_rows, std::size_t D, std::byte* panel) noexcept {
    clear_rest(f, n_rows, D, panel);
    if (f.is_float) return f.block_bytes == 4 ? pack_floats<std::uint32_t>(rows, n_rows, D, panel) : pack_floats<std::uint16_t>(rows, n_rows, D, panel);
    const auto pack = [&]<unsigned... Bits>(std::integer_sequence<unsigned, Bits...>) {
        (void)((f.codes.bits == Bits && (pack_codes<Bits>(f, rows, n_rows, D, panel), true)) || ...);
    };
    pack(std::integer_sequence<unsigned, 2, 3, 4, 5, 6, 8>{});
}

void unpack_row(const kernels::panels& w, std::size_t row, float* out) noexcept {
    const auto&       f     = quant::formats()[w.format];
    const std::byte*  panel = w.data + row / panel_rows * w.panel_bytes;
    const std::size_t lane  = row % panel_rows;
    if (f.is_float) {
        for (std::size_t k = 0; k < w.D; ++k) f.decode(panel + (k * panel_rows + lane) * f.block_bytes, 1, out + k);
        return;
    }
    const auto shape = kernels::shape_of(f.codes, w.D);
    for (std::size_t b = 0; b < w.D / block_elems; ++b) {
        const auto* block = reinterpret_cast<const std::uint8_t*>(panel + b * shape.codes_bytes);
        for (std::size_t h = 0; h < 2; ++h) {
            const affine a     = get_scales(f.codes, shape, b, h, lane, panel);
            const float  scale = a.d * a.sub, minimum = a.dmin * a.min;  // exact, as is the product below: one rounding, that of the difference
            for (std::size_t i = 16 * h; i < 16 * h + 16; ++i) {
                const unsigned code      = get_code(f.codes.bits, block, lane, i);
                const int      value     = f.codes.has_table() ? f.table[code] : static_cast<int>(code) - f.offset;
                const float    w_i       = scale * static_cast<float>(value);
                out[b * block_elems + i] = f.codes.min == min_layout::none ? w_i : w_i - minimum;
            }
        }
    }
}

}  // namespace plume
