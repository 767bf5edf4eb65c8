// Kernels outside the numbers contract: how far they may be from the exact product.
//
// The bound. Rounding to bf16 (8 bits, to nearest) changes a weight and an activation by at most the share 2^-8 each, the weight not at all where the file
// has bf16; the product of two bf16 is exact in f32. Each sum of the chain is rounded to f32, whatever the order, and an instruction may round a pair's sum
// once more: at most 2·D roundings. Subnormal operands and results count as zero: 2^-126 for each term at most, times factors of at most 1.

#include <cmath>
#include <string>

#include <doctest/doctest.h>
#include <src/fast.hpp>

#include "kernels/support.hpp"
#include "reference/matmul.hpp"

namespace plume::test {
namespace {

constexpr double u_bf16 = 0x1p-8;

struct fast_matrix {
    std::vector<float> w;  // as the file has it
    aligned_bytes      bytes;
    kernels::panels    panels;
};

fast_matrix random_pairs(const quant::format_info& f, std::size_t N, std::size_t D, unsigned seed) {
    fast_matrix            m{reals(N * D, seed), nullptr, {}};
    std::vector<std::byte> rows(N * D * f.block_bytes);
    f.encode(m.w.data(), N * D, rows.data());
    f.decode(rows.data(), N * D, m.w.data());
    const std::size_t one = kernels::pairs_panel_bytes(D), n_panels = (N + 15) / 16;
    m.bytes = aligned(n_panels * one);
    for (std::size_t p = 0; p < n_panels; ++p)
        pack_pairs(f, rows.data() + 16 * p * D * f.block_bytes, std::min<std::size_t>(16, N - 16 * p), D, m.bytes.get() + p * one);
    m.panels = pairs_of(f, N, D, m.bytes.get());
    return m;
}

template <class Function>
void for_each_kernel_and_format(Function&& f) {
    bool any = false;
    for (const auto& kernel : compiled_fast_kernels()) {
        if (!kernel.runs_here()) continue;
        any = true;
        const std::string name(kernel.name);
        CAPTURE(name);
        CHECK(name == kernel.table->name);
        for (const auto& format : quant::formats()) {
            const std::string type(format.name);
            CAPTURE(type);
            if (format.is_float) f(*kernel.table, format);
        }
    }
    if (!any) MESSAGE("skipped: no fast kernel runs here");
}

TEST_CASE("panels in pairs hold the weights rounded to bf16, two k to a word, and zeros elsewhere") {
    for (const auto& f : quant::formats()) {
        if (!f.is_float) continue;
        constexpr std::size_t N = 19, D = 37;
        const auto            m   = random_pairs(f, N, D, 3);
        const std::size_t     one = kernels::pairs_panel_bytes(D);
        REQUIRE(one == 64 * 16 * 2);
        std::size_t wrong = 0;
        for (std::size_t r = 0; r < 32; ++r)
            for (std::size_t k = 0; k < 64; ++k) {
                std::uint16_t bits;
                std::memcpy(&bits, m.bytes.get() + r / 16 * one + k / 2 * 64 + r % 16 * 4 + k % 2 * 2, 2);
                wrong += bits != (r < N && k < D ? to_bfloat16(m.w[r * D + k]).bits : 0);
            }
        CHECK(wrong == 0);
    }
}

TEST_CASE("fast matmul of floats is within the rounding of bf16 of the double-precision reference, and no closer than that explains") {
    const struct { std::size_t N, D; } shapes[] = {{1, 1}, {7, 33}, {37, 5}, {50, 255}, {64, 512}, {71, 513}, {96, 1056}, {128, 2048}};
    for_each_kernel_and_format([&](const kernels::fast_table& kernel, const quant::format_info& f) {
        for (const auto& shape : shapes) {
            constexpr std::size_t most = 70;
            const std::size_t     N = shape.N, D = shape.D, n_panels = (N + 15) / 16, stride = N + 3;
            const auto            m = random_pairs(f, N, D, static_cast<unsigned>(N * D));
            const auto            x = reals(most * D, static_cast<unsigned>(N));
            reference::matrix     xd(most, D), wd(N, D);
            for (std::size_t i = 0; i < most * D; ++i) xd.data()[i] = x[i];
            for (std::size_t i = 0; i < N * D; ++i) wd.data()[i] = m.w[i];
            const reference::matrix want = xd * wd.transpose(), sizes = xd.cwiseAbs() * wd.cwiseAbs().transpose();
            const double            w_error = f.name == "BF16" ? 0 : u_bf16;
            const double            share   = (1 + w_error) * (1 + u_bf16) * (1 + reference::gamma(2 * D)) - 1;
            CAPTURE(N);
            CAPTURE(D);
            for (const std::size_t T : {1, 2, 4, 5, 6, 7, 13, 15, 16, 17, 31, 32, 33, 48, 64, 70}) {
                CAPTURE(T);
                std::vector<float> y(T * stride, -1);
                const std::size_t  middle = T % (n_panels + 1);  // two ranges of panels
                kernel.matmul(m.panels, 0, middle, x.data(), T, y.data(), stride);
                kernel.matmul(m.panels, middle, n_panels, x.data(), T, y.data(), stride);
                std::size_t outside = 0, touched = 0;
                double      error = 0, size = 0;
                for (std::size_t t = 0; t < T; ++t) {
                    for (std::size_t r = 0; r < N; ++r) {
                        const auto   i = static_cast<Eigen::Index>(t), j = static_cast<Eigen::Index>(r);
                        const double off = std::abs(y[t * stride + r] - want(i, j));
                        outside += !(off <= share * sizes(i, j) + static_cast<double>(D) * 0x1p-125);
                        error += off * off, size += want(i, j) * want(i, j);
                    }
                    for (std::size_t r = N; r < stride; ++r) touched += y[t * stride + r] != -1;
                }
                CHECK(outside == 0);
                CHECK(touched == 0);
                // Independent errors: a relative mean square of about 2^-16/6 for the activations alone. A kernel that did not round would show.
                if (N * T * D > 10'000) CHECK(error > size * 0x1p-16 / 24);
            }
        }
    });
}

}  // namespace
}  // namespace plume::test
