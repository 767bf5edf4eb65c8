#include "panel.hpp"

#include <cstring>

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

/// Writes the codes of one row's 32 weights, four bytes at a time: a group's four codes are one word of a line.
void put_codes(unsigned bits, const quant::codes_32& c, std::size_t lane, std::byte* block) noexcept {
    std::uint32_t group[8];
    std::memcpy(group, c.code.data(), sizeof group);
    const auto store = [&](std::size_t at, std::size_t line, std::uint32_t word) { std::memcpy(block + at + 64 * line + 4 * lane, &word, sizeof word); };
    if (bits == 8) {
        for (std::size_t g = 0; g < 8; ++g) store(0, g, group[g]);
        return;
    }
    const planes p = planes_of(bits);
    if (p.four)
        for (std::size_t j = 0; j < 4; ++j) store(0, j, (group[j] & 0x0f0f0f0fu) | (group[j + 4] & 0x0f0f0f0fu) << 4);
    if (p.two) {
        for (std::size_t j = 0; j < 2; ++j) {
            std::uint32_t word = 0;
            for (std::size_t n = 0; n < 4; ++n) word |= (group[j + 2 * n] >> p.two_shift & 0x03030303u) << 2 * n;
            store(p.two_at, j, word);
        }
    }
    if (p.one) {
        std::uint32_t word = 0;
        for (std::size_t g = 0; g < 8; ++g) word |= (group[g] >> p.one_shift & 0x01010101u) << g;
        store(p.one_at, 0, word);
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

void put_scales(const quant::code_layout& l, const kernels::panel_shape& s, const quant::codes_32& c, std::size_t b, std::size_t lane,
                std::byte* panel) noexcept {
    std::byte* scales = panel + s.scales_at + b * s.scale_bytes;
    std::byte* mins   = panel + s.mins_at + b * s.min_bytes;
    std::byte* super  = panel + s.supers_at + b / 8 * s.super_bytes;
    switch (l.scale) {
        case scale_layout::per_32_f16:
            store(scales, lane, to_half(c.d));
            break;
        case scale_layout::per_32_f32:
            store(scales, lane, c.d);
            break;
        case scale_layout::per_256_sub_16:
            store(scales, panel_rows + lane, c.sub[1]);
            [[fallthrough]];
        case scale_layout::per_256_sub_32:
            store(scales, lane, c.sub[0]), store(super, lane, c.d);
            break;
    }
    switch (l.min) {
        case min_layout::none:
            break;
        case min_layout::per_32_f16:
            store(mins, lane, to_half(c.dmin));
            break;
        case min_layout::per_256_sub_16:
            store(mins, panel_rows + lane, c.min[1]);
            [[fallthrough]];
        case min_layout::per_256_sub_32:
            store(mins, lane, c.min[0]), store(super, panel_rows + lane, c.dmin);
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
    const std::size_t row_bytes = D / f.weights * f.block_bytes;
    std::memset(panel, 0, panel_bytes(f, D));
    if (f.is_float) {
        for (std::size_t r = 0; r < n_rows; ++r)
            for (std::size_t k = 0; k < D; ++k)
                std::memcpy(panel + (k * panel_rows + r) * f.block_bytes, rows + r * row_bytes + k * f.block_bytes, f.block_bytes);
        return;
    }
    const auto        shape            = kernels::shape_of(f.codes, D);
    const std::size_t groups_per_block = f.weights / block_elems;
    quant::codes_32   c;
    for (std::size_t b = 0; b < D / block_elems; ++b) {
        for (std::size_t r = 0; r < n_rows; ++r) {
            f.unpack(rows + r * row_bytes + b / groups_per_block * f.block_bytes, b % groups_per_block, c);
            put_codes(f.codes.bits, c, r, panel + b * shape.codes_bytes);
            put_scales(f.codes, shape, c, b, r, panel);
        }
    }
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
                const int      value     = f.codes.has_table ? f.table[code] : static_cast<int>(code) - f.offset;
                const float    w_i       = scale * static_cast<float>(value);
                out[b * block_elems + i] = f.codes.min == min_layout::none ? w_i : w_i - minimum;
            }
        }
    }
}

}  // namespace plume
