#include <algorithm>
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

TEST_CASE("layer_norm is within its rounding bound, with and without a bias, and has the same bits on every target") {
    for (std::size_t D = 1; D <= 600; D += D < 130 ? 1 : 93)
        for (const bool biased : {false, true}) {
            auto       x = reals(D, static_cast<unsigned>(D));
            const auto w = reals(D, 77), b = reals(D, 78);
            for (float& v : x) v += 3;  // a mean that is not small
            double mean = 0, squares = 0;
            for (const float v : x) mean += v / static_cast<double>(D);
            for (const float v : x) squares += (v - mean) * (v - mean);
            const double scale = 1 / std::sqrt(squares / static_cast<double>(D) + 1e-5);
            // The mean is off by gamma of its chain times the largest |x|, and so is every difference; the variance by twice that, relative to its root.
            const double       of_mean = gamma(D / 16 + 8) * 4, relative = gamma(D / 16 + 14) + 2 * of_mean * scale;
            std::vector<float> want;
            for (const auto* target : targets()) {
                CAPTURE(target->name);
                CAPTURE(D);
                std::vector<float> y(D + 1, -7);
                target->layer_norm(x.data(), w.data(), biased ? b.data() : nullptr, 1e-5f, y.data(), D);
                CHECK(y[D] == -7);
                y.pop_back();
                for (std::size_t i = 0; i < D; ++i) {
                    const double exact = (x[i] - mean) * scale * w[i], plus = biased ? b[i] : 0;
                    REQUIRE(std::abs(y[i] - exact - plus) <= std::abs(exact) * relative + of_mean * scale * std::abs(w[i]) + u * std::abs(exact + plus));
                }
                if (want.empty()) want = y;
                CHECK(same_bits(y, want));
                auto in_place = x;
                target->layer_norm(in_place.data(), w.data(), biased ? b.data() : nullptr, 1e-5f, in_place.data(), D);
                CHECK(same_bits(in_place, want));
            }
        }
}

TEST_CASE("both kinds of rope rotate their pairs, leave the rest, and have the same bits on every target") {
    for (const auto& sizes : {std::pair<std::size_t, std::size_t>{8, 8}, {64, 64}, {80, 80}, {96, 40}, {13, 6}, {128, 2}})
        for (const bool half_split : {false, true}) {
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
                (half_split ? target->rope_half_split : target->rope_interleaved)(y.data(), n_heads, E, c.data(), s.data(), rotated);
                for (std::size_t h = 0; h < n_heads; ++h)
                    for (std::size_t i = 0; i < E; ++i) {
                        const std::size_t at = h * E + i;
                        if (i >= rotated) {
                            REQUIRE(y[at] == x[at]);
                            continue;
                        }
                        const std::size_t half = rotated / 2, pair = half_split ? i % half : i / 2;
                        const bool        is_second = half_split ? i >= half : i % 2 != 0;
                        const double      cd = c[pair], sd = s[pair], a = x[at];
                        const double      other = half_split ? x[is_second ? at - half : at + half] : x[is_second ? at - 1 : at + 1];
                        const double      exact = is_second ? a * cd + other * sd : a * cd - other * sd;
                        REQUIRE(std::abs(y[at] - exact) <= gamma(2) * (std::abs(a * cd) + std::abs(other * sd)));
                    }
                if (want.empty()) want = y;
                CHECK(same_bits(y, want));
            }
        }
}

struct bounded {
    double value, bound;
};

/// What a nonlinearity gives for a gate and an up, and how far f32 may be off: exp by 2 u and by its argument's error, quotient, sum and products by u each.
/// Where exp overflows, x·sigmoid(x) ends in 0 early: by at most 89·exp(-88.7) times up.
bounded exact_activation(nonlinearity f, double g, double up) {
    const auto times_sigmoid = [](double x, double a) { return x / (1 + std::exp(-a)); };
    switch (f) {
        case nonlinearity::silu: {
            const double y = times_sigmoid(g, g) * up;
            return {y, gamma(5) * std::abs(y) + 0x1p-118};
        }
        case nonlinearity::gelu_tanh: {
            const double a = 2 * std::sqrt(2 / M_PI) * (g + 0.044715 * g * g * g), y = times_sigmoid(g, a) * up;
            return {y, gamma(6) * std::abs(y) + 6 * u * std::abs(a) / (1 + std::exp(a)) * std::abs(y) + 0x1p-118};
        }
        case nonlinearity::gelu_erf: {
            const double tail = std::erfc(std::abs(g) / std::sqrt(2.0)) / 2, y = g > 0 ? g - g * tail : g * tail;
            return {y * up, (gamma(2) * std::abs(y) + 11 * u * std::abs(g) * tail) * std::abs(up) + 0x1p-140};
        }
        case nonlinearity::clamped_swiglu: {
            const double x = std::min(g, 7.0), a = 1.702 * x, y = times_sigmoid(x, a) * (std::clamp(up, -7.0, 7.0) + 1);
            const double near_zero = std::abs(times_sigmoid(x, a)) * u * 8;  // up + 1 cancels
            return {y, gamma(7) * std::abs(y) + 3 * u * std::abs(a) / (1 + std::exp(a)) * std::abs(y) + near_zero + 0x1p-118};
        }
    }
    return {0, 0};
}

TEST_CASE("every nonlinearity is within its bound, gated and alone, touches nothing beyond, and has the same bits on every target") {
    for (std::size_t n = 1; n <= 130; ++n)
        for (std::size_t kind = 0; kind < n_nonlinearities; ++kind)
            for (const bool two : {false, true}) {
                const auto f    = static_cast<nonlinearity>(kind);
                auto       gate = reals(n, static_cast<unsigned>(n)), up = reals(n, 5);
                for (std::size_t i = 0; i < n; ++i) gate[i] *= static_cast<float>(1 + i % 30 * 4) * (i % 3 == 0 ? 0.05f : 1.0f), up[i] *= 9;
                std::vector<float> want;
                for (const auto* target : targets()) {
                    CAPTURE(target->name);
                    CAPTURE(n);
                    CAPTURE(kind);
                    std::vector<float> y(n + 1, -7);
                    target->activate[kind](gate.data(), two ? up.data() : nullptr, y.data(), n);
                    CHECK(y[n] == -7);
                    y.pop_back();
                    for (std::size_t i = 0; i < n; ++i) {
                        const double alone = f == nonlinearity::clamped_swiglu ? 0 : 1;
                        const auto   exact = exact_activation(f, gate[i], two ? static_cast<double>(up[i]) : alone);
                        CAPTURE(gate[i]);
                        REQUIRE(std::abs(y[i] - exact.value) <= exact.bound);
                    }
                    if (want.empty()) want = y;
                    CHECK(same_bits(y, want));
                    auto in_place = gate;
                    target->activate[kind](in_place.data(), two ? up.data() : nullptr, in_place.data(), n);
                    CHECK(same_bits(in_place, want));
                }
            }
}

TEST_CASE("the nonlinearities keep a NaN") {
    for (const auto* target : targets())
        for (const auto activate : target->activate) {
            float x = std::nanf("1"), one = 1;
            activate(&x, &one, &x, 1);
            CHECK(std::isnan(x));
        }
}

TEST_CASE("our tanh, as soft_cap has it, is within 3 ulp from the smallest number to where it is 1, with the same bits on every target") {
    std::vector<float> x;
    for (std::uint32_t bits = 0; bits < 0x41a00000u; bits += 997)  // 0 .. 20, both signs
        for (const std::uint32_t sign : {0u, 0x80000000u}) x.push_back(std::bit_cast<float>(bits | sign));
    std::vector<float> want;
    for (const auto* target : targets()) {
        CAPTURE(target->name);
        auto y = x;
        target->soft_cap(1, y.data(), y.size());
        if (want.empty()) {
            want         = y;
            double worst = 0;
            for (std::size_t i = 0; i < x.size(); ++i)
                if (std::abs(x[i]) >= 0x1p-124f) worst = std::max(worst, ulps(y[i], std::tanh(static_cast<double>(x[i]))));  // below: half the last place
            MESSAGE("tanh: " << x.size() << " arguments, worst " << worst << " ulp");
            CHECK(worst <= 3);
        }
        CHECK(same_bits(y, want));
        float special[] = {infinite, -infinite, std::nanf("1"), 1000, -1000};
        target->soft_cap(30, special, std::size(special));
        CHECK(special[0] == 30);
        CHECK(special[1] == -30);
        CHECK(std::isnan(special[2]));
        CHECK(special[3] == 30);
        CHECK(special[4] == -30);
    }
}

TEST_CASE("add, add_scaled and scale round once and touch nothing beyond") {
    for (std::size_t n = 1; n <= 70; ++n) {
        const auto x = reals(n, static_cast<unsigned>(n)), y = reals(n, 5);
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            CAPTURE(n);
            auto sum = y, scaled_sum = y, scaled = y;
            for (auto* v : {&sum, &scaled_sum, &scaled}) v->push_back(-7);
            target->add(x.data(), sum.data(), n);
            target->add_scaled(x.data(), 0.3f, scaled_sum.data(), n);
            target->scale(0.3f, scaled.data(), n);
            for (std::size_t i = 0; i < n; ++i) {
                REQUIRE(sum[i] == x[i] + y[i]);
                REQUIRE(scaled_sum[i] == std::fma(x[i], 0.3f, y[i]));
                REQUIRE(scaled[i] == y[i] * 0.3f);
            }
            for (const auto* v : {&sum, &scaled_sum, &scaled}) CHECK(v->back() == -7);
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
