#include <cmath>
#include <cstring>
#include <limits>

#include <doctest/doctest.h>

#include "kernels/support.hpp"
#include "reference/bounds.hpp"

namespace plume::test {
namespace {

using reference::gamma;
using reference::u;
using reference::ulps;
constexpr float infinite = std::numeric_limits<float>::infinity();

TEST_CASE("our exp is within 1 ulp of the exact one over its whole range, with the same bits on every target") {
    std::vector<float> x;
    for (std::uint32_t bits = 0; bits < 0x42d60000u; bits += 251)  // 0 .. 107, both signs
        for (const std::uint32_t sign : {0u, 0x80000000u}) x.push_back(std::bit_cast<float>(bits | sign));
    std::vector<float> want;
    for (const auto* target : targets()) {
        CAPTURE(target->name);
        auto y = x;
        target->exp_and_sum(y.data(), 0, y.size());
        if (want.empty()) {
            want         = y;
            double worst = 0;
            float  at    = 0;
            for (std::size_t i = 0; i < x.size(); ++i)
                if (const double d = ulps(y[i], std::exp(static_cast<double>(x[i]))); d > worst) worst = d, at = x[i];
            MESSAGE("exp: " << x.size() << " arguments, worst " << worst << " ulp at " << at);
            CHECK(worst <= 1);
        }
        CHECK(same_bits(y, want));
    }
}

TEST_CASE("our exp: special arguments") {
    for (const auto* target : targets()) {
        CAPTURE(target->name);
        float x[] = {0, -0.0f, infinite, -infinite, std::nanf("1"), 88.72283f, 88.72284f, -103.97208f, -103.98f, -1000, 1000, -87.5f};
        target->exp_and_sum(x, 0, std::size(x));
        CHECK(x[0] == 1);
        CHECK(x[1] == 1);
        CHECK(x[2] == infinite);
        CHECK(x[3] == 0);
        CHECK(std::isnan(x[4]));
        CHECK(std::isfinite(x[5]));
        CHECK(x[6] == infinite);
        CHECK(x[7] == 0x1p-149f);
        CHECK(x[8] == 0);
        CHECK(x[9] == 0);
        CHECK(x[10] == infinite);
        CHECK((x[11] > 0 && x[11] < 0x1p-126f));
    }
}

TEST_CASE("exp_and_sum gives the sum of what it stores, for 1 to 130 elements") {
    for (std::size_t n = 1; n <= 130; ++n) {
        const auto x          = reals(n, static_cast<unsigned>(n));
        float      scalar_sum = 0;
        for (const auto* target : targets()) {
            auto        y    = x;
            const float sum  = target->exp_and_sum(y.data(), 0.5f, n);
            double      want = 0;
            for (std::size_t i = 0; i < n; ++i) {
                want += y[i];
                const float argument = x[i] - 0.5f;  // rounded as the kernel does
                REQUIRE(ulps(y[i], std::exp(static_cast<double>(argument))) <= 1);
            }
            CHECK(std::abs(sum - want) <= gamma(n / 16 + 5) * want);
            if (target == targets()[0]) scalar_sum = sum;
            CHECK(sum == scalar_sum);
        }
    }
}

TEST_CASE("rms_norm is within its rounding bound and has the same bits on every target") {
    for (std::size_t D = 1; D <= 600; D += D < 130 ? 1 : 93) {
        const auto         x = reals(D, static_cast<unsigned>(D)), w = reals(D, 77);
        std::vector<float> want;
        double             squares = 0;
        for (const float v : x) squares += static_cast<double>(v) * v;
        const double scale = 1 / std::sqrt(squares / static_cast<double>(D) + 1e-5f);
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            CAPTURE(D);
            std::vector<float> y(D + 1, -7);
            target->rms_norm(x.data(), w.data(), 1e-5f, y.data(), D);
            CHECK(y[D] == -7);
            y.pop_back();
            // The root halves the relative error of its argument; then sqrt, division and two products round.
            for (std::size_t i = 0; i < D; ++i) REQUIRE(std::abs(y[i] - scale * x[i] * w[i]) <= gamma((D / 16 + 8) / 2 + 5) * std::abs(scale * x[i] * w[i]));
            if (want.empty()) want = y;
            CHECK(same_bits(y, want));
            auto in_place = x;
            target->rms_norm(in_place.data(), w.data(), 1e-5f, in_place.data(), D);
            CHECK(same_bits(in_place, want));
        }
    }
}

TEST_CASE("rope_interleaved rotates pairs, leaves the rest, and has the same bits on every target") {
    for (const auto& sizes : {std::pair<std::size_t, std::size_t>{8, 8}, {64, 64}, {80, 80}, {96, 40}, {13, 6}, {128, 2}}) {
        const std::size_t     E = sizes.first, rotated = sizes.second;
        constexpr std::size_t n_heads = 3;
        const auto            x       = reals(n_heads * E, static_cast<unsigned>(E));
        std::vector<float>    c(rotated / 2), s(rotated / 2), want;
        for (std::size_t i = 0; i < rotated / 2; ++i)
            c[i] = static_cast<float>(std::cos(0.3 * static_cast<double>(i + 1))), s[i] = static_cast<float>(std::sin(0.3 * static_cast<double>(i + 1)));
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            CAPTURE(E);
            CAPTURE(rotated);
            auto y = x;
            target->rope_interleaved(y.data(), n_heads, E, c.data(), s.data(), rotated);
            for (std::size_t h = 0; h < n_heads; ++h)
                for (std::size_t i = 0; i < E; ++i) {
                    const std::size_t at = h * E + i;
                    if (i >= rotated) {
                        REQUIRE(y[at] == x[at]);
                        continue;
                    }
                    const double cd = c[i / 2], sd = s[i / 2], a = x[at];
                    const double other = i % 2 ? x[at - 1] : x[at + 1], exact = i % 2 ? a * cd + other * sd : a * cd - other * sd;
                    REQUIRE(std::abs(y[at] - exact) <= gamma(2) * (std::abs(a * cd) + std::abs(other * sd)));
                }
            if (want.empty()) want = y;
            CHECK(same_bits(y, want));
        }
    }
}

TEST_CASE("silu_mul and add are within their bounds, touch nothing beyond, and have the same bits on every target") {
    for (std::size_t n = 1; n <= 130; ++n) {
        auto gate = reals(n, static_cast<unsigned>(n));
        for (std::size_t i = 0; i < n; ++i) gate[i] *= static_cast<float>(1 + i % 30 * 4);
        const auto         up = reals(n, 5);
        std::vector<float> want_silu, want_add;
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            CAPTURE(n);
            std::vector<float> y(n + 1, -7), sum = up;
            target->silu_mul(gate.data(), up.data(), y.data(), n);
            CHECK(y[n] == -7);
            y.pop_back();
            for (std::size_t i = 0; i < n; ++i) {
                const double g = gate[i], exact = g / (1 + std::exp(-g)) * up[i];
                const double tiny = gate[i] < -88 ? 0x1p-121 : 0x1p-148;               // exp(-g) overflows: silu ends in 0, at most 89·exp(-88.7) too early
                REQUIRE(std::abs(y[i] - exact) <= gamma(5) * std::abs(exact) + tiny);  // exp 2 u, sum, quotient, product
            }
            sum.push_back(-7);
            target->add(gate.data(), sum.data(), n);
            CHECK(sum[n] == -7);
            for (std::size_t i = 0; i < n; ++i) REQUIRE(sum[i] == gate[i] + up[i]);
            if (want_silu.empty()) want_silu = y, want_add = sum;
            CHECK(same_bits(y, want_silu));
            CHECK(same_bits(sum, want_add));
            auto in_place = gate;
            target->silu_mul(in_place.data(), up.data(), in_place.data(), n);
            CHECK(same_bits(in_place, want_silu));
        }
    }
}

TEST_CASE("all_finite finds one bad element anywhere and no other") {
    for (const auto* target : targets())
        for (std::size_t n = 1; n <= 70; ++n) {
            auto x = reals(n + 1, 1);
            x[0]   = std::numeric_limits<float>::max();
            x[n]   = infinite;  // beyond the end
            CHECK(target->all_finite(x.data(), n));
            for (std::size_t i = 0; i < n; ++i)
                for (const float bad : {infinite, -infinite, std::nanf("1")}) {
                    const float good = x[i];
                    x[i]             = bad;
                    REQUIRE_FALSE(target->all_finite(x.data(), n));
                    x[i] = good;
                }
        }
}

}  // namespace
}  // namespace plume::test
