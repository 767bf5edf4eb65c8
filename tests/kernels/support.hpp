#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <kernels/table.hpp>
#include <plume/quant/formats.hpp>
#include <src/dispatch.hpp>

// Inputs for kernel tests. The panels are packed here straight from the words of panel.hpp, apart from the library's own packing.

namespace plume::test {

/// All targets that run here; the first is scalar, the meaning of all.
inline std::vector<const kernels::target_table*> targets() {
    std::vector<const kernels::target_table*> list;
    for (const auto& t : compiled_targets())
        if (t.runs_here() && t.allowed()) list.insert(list.begin(), t.table);
    return list;
}

inline bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

inline constexpr float infinite = std::numeric_limits<float>::infinity();

using generator = std::mt19937;
inline int                uniform(generator& g, int low, int high) { return low + static_cast<int>(g() % static_cast<unsigned>(high - low + 1)); }
inline float              real(generator& g) { return static_cast<float>(static_cast<double>(g()) * 0x1p-31 - 1.0); }  // [-1, 1]
inline std::vector<float> reals(std::size_t n, unsigned seed) {
    generator          g(seed);
    std::vector<float> x(n);
    for (float& v : x) v = real(g);
    return x;
}

struct aligned_delete {
    void operator()(std::byte* p) const { ::operator delete (p, std::align_val_t{64}); }
};
using aligned_bytes = std::unique_ptr<std::byte[], aligned_delete>;
inline aligned_bytes aligned(std::size_t n) {
    auto* p = static_cast<std::byte*>(::operator new (n + 64, std::align_val_t{64}));
    std::memset(p, 0, n + 64);
    return aligned_bytes(p);
}

/// A matrix of codes as a format's unpack gives it: [N][D / 32].
struct code_matrix {
    const quant::format_info*    format;
    std::size_t                  N, D;
    std::vector<quant::codes_32> blocks;

    std::size_t            n_blocks() const { return D / 32; }
    quant::codes_32&       at(std::size_t row, std::size_t b) { return blocks[row * n_blocks() + b]; }
    const quant::codes_32& at(std::size_t row, std::size_t b) const { return blocks[row * n_blocks() + b]; }
    int                    value(std::size_t row, std::size_t k) const {
                           const int code = at(row, k / 32).code[k % 32];
                           return format->codes.has_table() ? format->table[static_cast<std::size_t>(code)] : code - format->offset;
    }
    bool sub_16() const { return format->codes.scale == quant::scale_layout::per_256_sub_16; }
    bool supers() const { return sub_16() || format->codes.scale == quant::scale_layout::per_256_sub_32; }
    int  max_code() const { return (1 << format->codes.bits) - 1; }
};

/// The largest |sub| for which 32 weights' joined sum with two planes stays in an int32: what the formats themselves stay within.
inline int largest_sub(const quant::format_info& f) {
    int largest = 0;
    for (int c = 0; c < 1 << f.codes.bits; ++c)
        largest = std::max(largest, std::abs(f.codes.has_table() ? f.table[static_cast<std::size_t>(c)] : c - f.offset));
    return static_cast<int>(std::min<long long>(127, 2147483647LL / (32LL * 16319 * largest)));
}

inline code_matrix random_codes(const quant::format_info& f, std::size_t N, std::size_t D, unsigned seed) {
    generator   g(seed);
    code_matrix w{&f, N, D, std::vector<quant::codes_32>(N * (D / 32))};
    const int   sub = largest_sub(f);
    for (std::size_t r = 0; r < N; ++r) {
        for (std::size_t b = 0; b < D / 32; ++b) {
            auto& c = w.at(r, b);
            for (auto& code : c.code) code = static_cast<std::uint8_t>(uniform(g, 0, w.max_code()));
            const bool same_super = w.supers() && b % 8 != 0;
            const auto random     = [&] { return to_float(to_half(real(g) * 0.01f)); };  // fits every layout
            c.d                   = same_super ? w.at(r, b - 1).d : random();
            c.dmin                = f.codes.min == quant::min_layout::none ? 0 : same_super ? w.at(r, b - 1).dmin : random();
            c.sub                 = {1, 1};
            c.min                 = {f.codes.min != quant::min_layout::none, f.codes.min != quant::min_layout::none};
            if (w.supers()) c.sub[0] = c.sub[1] = static_cast<std::int8_t>(uniform(g, -sub, sub));
            if (w.sub_16()) c.sub[1] = static_cast<std::int8_t>(uniform(g, -sub, sub));
            if (f.codes.min == quant::min_layout::per_256_sub_32) c.min[0] = c.min[1] = static_cast<std::uint8_t>(uniform(g, 0, 63));
            if (f.codes.min == quant::min_layout::per_256_sub_16)
                c.min[0] = static_cast<std::uint8_t>(uniform(g, 0, 63)), c.min[1] = static_cast<std::uint8_t>(uniform(g, 0, 63));
        }
    }
    return w;
}

/// Panels that own their bytes.
struct packed {
    aligned_bytes   bytes;
    kernels::panels w;
};

template <class T>
void put(std::byte* at, std::size_t index, T value) {
    std::memcpy(at + index * sizeof(T), &value, sizeof(T));
}

inline packed pack(const code_matrix& m) {
    using quant::min_layout;
    using quant::scale_layout;
    const auto        layout = m.format->codes;
    const auto        shape  = kernels::shape_of(layout, m.D);
    const std::size_t n      = (m.N + 15) / 16;
    packed            p{aligned(n * shape.panel_bytes), {}};
    for (std::size_t row = 0; row < m.N; ++row) {
        std::byte*        panel = p.bytes.get() + row / 16 * shape.panel_bytes;
        const std::size_t lane  = row % 16;
        for (std::size_t b = 0; b < m.n_blocks(); ++b) {
            const auto& c = m.at(row, b);
            for (std::size_t k = 0; k < 32; ++k) {
                const std::size_t group = k / 4, byte = 4 * lane + k % 4;
                std::size_t       line  = b * layout.bits;  // 64 bytes each; the planes follow each other
                unsigned          code  = c.code[k];
                const auto        plane = [&](std::size_t width) {
                    const std::size_t lines = 4 * width * 2 / 8;  // 8 groups of `width` bits in lines that hold 8 / width groups
                    auto&             out   = panel[64 * (line + group % lines) + byte];
                    out |= static_cast<std::byte>((code & ((1u << width) - 1)) << group / lines * width);
                    code >>= width;
                    line += lines;
                };
                switch (layout.bits) {
                    case 8:
                        plane(8);
                        break;
                    case 6:
                        plane(4), plane(2);
                        break;
                    case 5:
                        plane(4), plane(1);
                        break;
                    case 4:
                        plane(4);
                        break;
                    case 3:
                        plane(2), plane(1);
                        break;
                    case 2:
                        plane(2);
                        break;
                }
            }
            std::byte *scale = panel + shape.scales_at + b * shape.scale_bytes, *min = panel + shape.mins_at + b * shape.min_bytes;
            std::byte* super = panel + shape.supers_at + b / 8 * shape.super_bytes;
            if (layout.scale == scale_layout::per_32_f16) put(scale, lane, to_half(c.d).bits);
            if (layout.scale == scale_layout::per_32_f32) put(scale, lane, c.d);
            if (m.supers()) put(super, lane, c.d), put(scale, lane, c.sub[0]);
            if (m.sub_16()) put(scale, 16 + lane, c.sub[1]);
            if (layout.min == min_layout::per_32_f16) put(min, lane, to_half(c.dmin).bits);
            if (layout.min == min_layout::per_256_sub_32 || layout.min == min_layout::per_256_sub_16) put(super, 16 + lane, c.dmin), put(min, lane, c.min[0]);
            if (layout.min == min_layout::per_256_sub_16) put(min, 16 + lane, c.min[1]);
        }
    }
    p.w = {p.bytes.get(), m.N, m.D, shape.panel_bytes, static_cast<std::size_t>(m.format - quant::formats().data()), m.format->offset, {}};
    std::memcpy(p.w.table, m.format->table.data(), 16);
    return p;
}

/// T rows of quantised activations that own their memory, one row after the other.
struct activations {
    std::size_t               T, D;
    bool                      two_planes;
    std::vector<std::int8_t>  hi, lo;
    std::vector<float>        s, S;
    std::vector<std::int32_t> sums;

    activations(std::size_t tokens, std::size_t elems, bool two)
        : T(tokens), D(elems), two_planes(two), hi(T * D), lo(two ? T * D : 0), s(T * D / 32), S(T * D / 32), sums(T * D / 16) {}
    kernels::quantised view() { return {hi.data(), two_planes ? lo.data() : nullptr, s.data(), sums.data(), S.data(), D}; }

    activations part(std::size_t t, std::size_t n) const {  // tokens [t, t + n)
        activations out(n, D, two_planes);
        const auto  take = [&](const auto& from, auto& to) {
            std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(from.size() / T * t), to.size(), to.begin());
        };
        take(hi, out.hi), take(lo, out.lo), take(s, out.s), take(S, out.S), take(sums, out.sums);
        return out;
    }
    /// The same values in the order of a target, or from that order back in rows.
    activations in_order_of(const kernels::target_table& target) const {
        activations out(T, D, two_planes);
        reorder(target, out, [](auto& rows, auto& ordered) { ordered = rows; });
        if (two_planes && target.words)
            for (std::size_t i = 0; i < hi.size(); i += 4) {
                const auto         q      = [&](std::size_t j) { return static_cast<std::int16_t>(128 * out.hi[i + j] + out.lo[i + j]); };
                const std::int16_t even[] = {q(0), q(2)}, odd[] = {q(1), q(3)};
                std::memcpy(&out.hi[i], even, 4), std::memcpy(&out.lo[i], odd, 4);
            }
        return out;
    }
    activations in_rows(const kernels::target_table& from) const {
        activations out(T, D, two_planes), ordered = *this;
        if (two_planes && from.words)
            for (std::size_t i = 0; i < hi.size(); i += 4) {
                std::int16_t even[2], odd[2];
                std::memcpy(even, &hi[i], 4), std::memcpy(odd, &lo[i], 4);
                for (std::size_t j = 0; j < 4; ++j) {
                    const int q = j % 2 == 0 ? even[j / 2] : odd[j / 2], upper = (q + 64) >> 7;
                    ordered.hi[i + j] = static_cast<std::int8_t>(upper);
                    ordered.lo[i + j] = static_cast<std::int8_t>(q - 128 * upper);
                }
            }
        out.reorder(from, ordered, [](auto& rows, auto& other) { rows = other; });
        return out;
    }
    template <class Move>
    void reorder(const kernels::target_table& target, activations& ordered, Move move) const {
        auto& rows = const_cast<activations&>(*this);
        for (std::size_t t = 0; t < T; ++t)
            for (std::size_t k = 0; k < D; k += 4) {
                const auto at = target.place(T, D, two_planes, t, k);
                for (std::size_t i = 0; i < 4; ++i) {
                    move(rows.hi[t * D + k + i], ordered.hi[at.four + i]);
                    if (two_planes) move(rows.lo[t * D + k + i], ordered.lo[at.four + i]);
                }
                if (k % 32 == 0) move(rows.s[t * D / 32 + k / 32], ordered.s[at.block]), move(rows.S[t * D / 32 + k / 32], ordered.S[at.block]);
                if (k % 16 == 0) move(rows.sums[t * D / 16 + k / 16], ordered.sums[at.half]);
            }
    }

    int  q(std::size_t t, std::size_t k) const { return two_planes ? 128 * hi[t * D + k] + lo[t * D + k] : hi[t * D + k]; }
    void set(std::size_t t, std::size_t k, int q) {
        const int upper = two_planes ? (q + 64) >> 7 : q;
        hi[t * D + k]   = static_cast<std::int8_t>(upper);
        if (two_planes) lo[t * D + k] = static_cast<std::int8_t>(q - 128 * upper);
    }
    void sum_up() {  // after set() and s
        for (std::size_t i = 0; i < sums.size(); ++i) {
            sums[i] = 0;
            for (std::size_t k = 0; k < 16; ++k) sums[i] += q(16 * i / D, 16 * i % D + k);
        }
        for (std::size_t i = 0; i < S.size(); ++i) S[i] = s[i] * static_cast<float>(sums[2 * i] + sums[2 * i + 1]);
    }
};

inline activations random_activations(std::size_t T, std::size_t D, bool two_planes, unsigned seed) {
    generator   g(seed);
    activations x(T, D, two_planes);
    const int   qmax = two_planes ? 16319 : 127;
    for (std::size_t t = 0; t < T; ++t)
        for (std::size_t k = 0; k < D; ++k) x.set(t, k, uniform(g, -qmax, qmax));
    for (float& s : x.s) s = (1.5f + real(g)) / static_cast<float>(qmax);
    x.sum_up();
    return x;
}

}  // namespace plume::test
