#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "kernels/support.hpp"
#include "reference/matmul.hpp"

namespace plume::test {
namespace {

/// w[N,D] rounded to a float format, as panels and as floats.
struct float_matrix {
    std::vector<float> w;
    packed             p;
};

float_matrix random_floats(const quant::format_info& f, std::size_t N, std::size_t D, unsigned seed) {
    float_matrix      m{reals(N * D, seed), {}};
    const std::size_t bytes = kernels::float_panel_bytes(f.block_bytes, D), n = (N + 15) / 16;
    m.p.bytes = aligned(n * bytes);
    for (std::size_t r = 0; r < N; ++r)
        for (std::size_t k = 0; k < D; ++k) {
            float&            v  = m.w[r * D + k];
            std::byte*        at = m.p.bytes.get() + r / 16 * bytes;
            const std::size_t i  = k * 16 + r % 16;
            if (f.name == "F32")
                put(at, i, v);
            else if (f.name == "F16")
                put(at, i, to_half(v).bits), v = to_float(to_half(v));
            else
                put(at, i, to_bfloat16(v).bits), v = to_float(to_bfloat16(v));
        }
    m.p.w = {m.p.bytes.get(), N, D, bytes, static_cast<std::size_t>(&f - quant::formats().data()), 0, {}};
    return m;
}

auto entry(const kernels::target_table& target, const quant::format_info& f) {
    return target.matmul[static_cast<std::size_t>(&f - quant::formats().data())].f32;
}

template <class Function>
void for_each_float_format(Function&& f) {
    for (const auto& format : quant::formats())
        if (format.is_float) {
            const std::string name(format.name);
            CAPTURE(name);
            f(format);
        }
}

TEST_CASE("matmul of floats equals the double-precision reference within its rounding bound, and the chain of std::fma to the bit") {
    const struct { std::size_t T, N, D; } shapes[] = {{1, 1, 32}, {1, 90, 96}, {3, 16, 257}, {9, 33, 576}, {8, 64, 31}, {130, 19, 64}, {2, 20, 4096}};
    for_each_float_format([&](const quant::format_info& f) {
        for (const auto& shape : shapes) {
            const std::size_t  T = shape.T, N = shape.N, D = shape.D;
            const auto         m = random_floats(f, N, D, static_cast<unsigned>(N + D));
            const auto         x = reals(T * D, static_cast<unsigned>(T));
            reference::matrix  xd(T, D), wd(N, D);
            std::vector<float> chain(T * N);
            for (std::size_t i = 0; i < T * D; ++i) xd.data()[i] = x[i];
            for (std::size_t i = 0; i < N * D; ++i) wd.data()[i] = m.w[i];
            for (std::size_t t = 0; t < T; ++t)
                for (std::size_t r = 0; r < N; ++r)
                    for (std::size_t k = 0; k < D; ++k) chain[t * N + r] = std::fma(m.w[r * D + k], x[t * D + k], chain[t * N + r]);
            const auto want = reference::matmul(xd, wd, xd.cwiseAbs() * wd.cwiseAbs().transpose(), D, 0);
            for (const auto* target : targets()) {
                CAPTURE(T);
                CAPTURE(N);
                CAPTURE(D);
                CAPTURE(target->name);
                std::vector<float> y(T * N, std::nanf("1"));
                entry(*target, f)(m.p.w, 0, (N + 15) / 16, x.data(), T, y.data(), N);
                CHECK(same_bits(y, chain));
                bool within = true;
                for (std::size_t i = 0; i < T * N; ++i) within &= std::abs(y[i] - want.value.data()[i]) <= want.bound.data()[i];
                CHECK(within);
            }
        }
    });
}

TEST_CASE("float matmul: the number of tokens and the range of panels change no bit, and nothing else is written") {
    for_each_float_format([&](const quant::format_info& f) {
        constexpr std::size_t T = 20, N = 91, D = 50, stride = 100, n_panels = 6;
        const auto            m = random_floats(f, N, D, 5);
        const auto            x = reals(T * D, 6);
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            std::vector<float> one_by_one(T * stride, -1);
            for (std::size_t t = 0; t < T; ++t)
                for (std::size_t p = 0; p < n_panels; ++p) entry(*target, f)(m.p.w, p, p + 1, x.data() + t * D, 1, one_by_one.data() + t * stride, stride);
            for (std::size_t t = 0; t < T; ++t)
                for (std::size_t r = N; r < stride; ++r) REQUIRE(one_by_one[t * stride + r] == -1);
            for (std::size_t M = 1; M <= T; ++M) {
                std::vector<float> y(T * stride, -1);
                entry(*target, f)(m.p.w, 0, M % 7, x.data(), M, y.data(), stride);
                entry(*target, f)(m.p.w, M % 7, n_panels, x.data(), M, y.data(), stride);
                CHECK(same_bits(std::span(y).first(M * stride), std::span(one_by_one).first(M * stride)));
                CHECK(std::all_of(y.begin() + static_cast<std::ptrdiff_t>(M * stride), y.end(), [](float v) { return v == -1; }));
            }
        }
    });
}

TEST_CASE("float matmul: any number of tokens, rows and columns gives the bits of the scalar target") {
    for_each_float_format([&](const quant::format_info& f) {
        // Rows that end within a panel, groups of one to four panels, columns around the ends of slabs, and all token counts that tiles are cut of.
        const struct { std::size_t N, D; } shapes[] = {{1, 1}, {7, 33}, {37, 5}, {50, 255}, {64, 256}, {71, 257}, {83, 515}, {128, 1023}, {33, 1026}};
        for (const auto& shape : shapes) {
            constexpr std::size_t most = 40;
            const std::size_t     N = shape.N, D = shape.D, n_panels = (N + 15) / 16;
            const auto            m = random_floats(f, N, D, static_cast<unsigned>(N * D));
            const auto            x = reals(most * D, static_cast<unsigned>(N));
            std::vector<float>    chain(most * N);
            for (std::size_t t = 0; t < most; ++t)
                for (std::size_t r = 0; r < N; ++r)
                    for (std::size_t k = 0; k < D; ++k) chain[t * N + r] = std::fma(m.w[r * D + k], x[t * D + k], chain[t * N + r]);
            for (const auto* target : targets()) {
                CAPTURE(target->name);
                CAPTURE(N);
                CAPTURE(D);
                for (std::size_t T = 1; T <= most; ++T) {
                    CAPTURE(T);
                    std::vector<float> y(T * N, std::nanf("1"));
                    entry(*target, f)(m.p.w, 0, n_panels, x.data(), T, y.data(), N);
                    CHECK(same_bits(y, std::span(chain).first(T * N)));
                }
            }
        }
    });
}

TEST_CASE("all 65536 halves and bfloat16 enter the matmul exactly") {
    for_each_float_format([&](const quant::format_info& f) {
        if (f.block_bytes != 2) return;
        constexpr std::size_t N     = 65536;
        const std::size_t     bytes = kernels::float_panel_bytes(2, 1);
        auto                  data  = aligned(N / 16 * bytes);
        for (std::size_t r = 0; r < N; ++r) put(data.get() + r / 16 * bytes, r % 16, static_cast<std::uint16_t>(r));
        const kernels::panels w{data.get(), N, 1, bytes, 0, 0, {}};
        const float           one = 1;
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            std::vector<float> y(N);
            entry(*target, f)(w, 0, N / 16, &one, 1, y.data(), N);
            std::size_t wrong = 0;
            for (std::size_t r = 0; r < N; ++r) {
                const auto  bits = static_cast<std::uint16_t>(r);
                const float want = f.name == "F16" ? to_float(half{bits}) : to_float(bfloat16{bits});
                wrong += std::isnan(want) ? !std::isnan(y[r]) : y[r] != want;
            }
            CHECK(wrong == 0);
        }
    });
}

}  // namespace
}  // namespace plume::test
