#include "src/numerics.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

using namespace plume;

namespace {

constexpr double infinity     = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Distance from the exact value in units of the last place of the exact value's double. long double has 11 bits more than double.
double ulps(double got, long double exact) {
    int exponent = 0;
    std::frexp(static_cast<double>(exact), &exponent);
    const long double ulp = std::ldexp(1.0L, std::max(exponent - 53, -1074));
    return static_cast<double>(std::fabs(static_cast<long double>(got) - exact) / ulp);
}

/// The worst of `n` arguments from `draw`.
template <class F, class G, class Draw>
double worst(F ours, G exact, Draw draw, int n) {
    std::mt19937_64 random(7);
    double          most = 0;
    for (int i = 0; i < n; ++i) {
        const double x = draw(random);
        most           = std::max(most, ulps(ours(x), exact(static_cast<long double>(x))));
    }
    return most;
}

auto uniform(double from, double to) {
    return [=](auto& random) { return std::uniform_real_distribution<double>(from, to)(random); };
}

/// A finite double of any exponent in [from, to], positive.
auto any_exponent(int from, int to) {
    return [=](auto& random) {
        return std::ldexp(std::uniform_real_distribution<double>(1.0, 2.0)(random), std::uniform_int_distribution<int>(from, to)(random));
    };
}

constexpr int    draws   = 200000;
constexpr double one_ulp = 1.0;

}  // namespace

TEST_CASE("exp is within one unit of the last place of long double's") {
    const auto exact = [](long double x) { return std::exp(x); };
    CHECK(worst(numerics::exp, exact, uniform(-745, 709.7), draws) < one_ulp);
    CHECK(worst(numerics::exp, exact, uniform(-1, 1), draws) < one_ulp);
    CHECK(worst(numerics::exp, exact, any_exponent(-60, 5), draws) < one_ulp);
    CHECK(numerics::exp(0.0) == 1.0);
    CHECK(numerics::exp(-0.0) == 1.0);
    CHECK(numerics::exp(710.0) == infinity);
    CHECK(numerics::exp(infinity) == infinity);
    CHECK(numerics::exp(-746.0) == 0.0);
    CHECK(numerics::exp(-infinity) == 0.0);
    CHECK(std::isnan(numerics::exp(not_a_number)));
}

TEST_CASE("log is within one unit of the last place of long double's") {
    const auto exact = [](long double x) { return std::log(x); };
    CHECK(worst(numerics::log, exact, any_exponent(-1074, 1023), draws) < one_ulp);
    CHECK(worst(numerics::log, exact, uniform(0.5, 2.0), draws) < one_ulp);
    CHECK(worst(numerics::log, exact, uniform(1 - 1e-6, 1 + 1e-6), draws) < one_ulp);
    CHECK(numerics::log(1.0) == 0.0);
    CHECK(numerics::log(0.0) == -infinity);
    CHECK(numerics::log(infinity) == infinity);
    CHECK(std::isnan(numerics::log(-1.0)));
    CHECK(std::isnan(numerics::log(not_a_number)));
}

TEST_CASE("sin and cos are within one unit of the last place of long double's, up to 2^40") {
    const auto sine   = [](long double x) { return std::sin(x); };
    const auto cosine = [](long double x) { return std::cos(x); };
    for (const double range : {0.785, 3.2, 100.0, 131072.0, 1048576.0, 0x1p40}) {
        CAPTURE(range);
        CHECK(worst(numerics::sin, sine, uniform(-range, range), draws) < one_ulp);
        CHECK(worst(numerics::cos, cosine, uniform(-range, range), draws) < one_ulp);
    }
    CHECK(worst(numerics::sin, sine, any_exponent(-1000, 40), draws) < one_ulp);
    CHECK(std::bit_cast<std::uint64_t>(numerics::sin(-0.0)) == std::bit_cast<std::uint64_t>(-0.0));
    CHECK(numerics::cos(0.0) == 1.0);
    CHECK(std::isnan(numerics::sin(infinity)));
    CHECK(std::isnan(numerics::cos(-infinity)));
    CHECK(std::isnan(numerics::cos(not_a_number)));
}

TEST_CASE("sin and cos reduce the hardest and the largest arguments exactly") {
    // The double nearest to a multiple of pi/2 (Muller, "Elementary Functions", 3rd edition, table 11.1), and values computed with 2000 bits.
    CHECK(numerics::cos(0x1.6ac5b262ca1ffp+849) == -0x1.14ae72e6ba22fp-61);
    CHECK(numerics::sin(std::numeric_limits<double>::max()) == 0x1.452fc98b34e97p-8);
    CHECK(numerics::cos(std::numeric_limits<double>::max()) == -0x1.fffe62ecfab75p-1);
    // Multiples of pi/2: what is left is the rounding of the argument.
    CHECK(numerics::sin(3.141592653589793) == 0x1.1a62633145c07p-53);
    CHECK(numerics::cos(1.5707963267948966) == 0x1.1a62633145c07p-54);
}

TEST_CASE("pow is within one unit of the last place where RoPE uses it, and everywhere else") {
    const auto power_of = [](long double base) { return [=](long double b) { return std::pow(base, b); }; };
    for (const double base : {10000.0, 500000.0, 1e6, 2.5, 0.3, 1.0000001}) {
        CAPTURE(base);
        CHECK(worst([=](double b) { return numerics::pow(base, b); }, power_of(base), uniform(-1, 1), draws / 4) < one_ulp);
        CHECK(worst([=](double b) { return numerics::pow(base, b); }, power_of(base), uniform(-40, 40), draws / 4) < one_ulp);
    }
    CHECK(numerics::pow(2.0, 10.0) == 1024.0);
    CHECK(numerics::pow(10000.0, 0.0) == 1.0);
    CHECK(numerics::pow(1.0, 1e300) == 1.0);
    CHECK(numerics::pow(10.0, 400.0) == infinity);
    CHECK(numerics::pow(10.0, -400.0) == 0.0);
    CHECK(std::isnan(numerics::pow(-1.0, 2.0)));
    CHECK(std::isnan(numerics::pow(0.0, 2.0)));
    CHECK(std::isnan(numerics::pow(not_a_number, 2.0)));
    CHECK(std::isnan(numerics::pow(2.0, infinity)));
}

TEST_CASE("the functions give these bits, with every compiler") {
    const auto      bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
    std::uint64_t   hash = 14695981039346656037u;  // FNV-1a over a walk of arguments
    std::mt19937_64 random(11);
    for (int i = 0; i < 20000; ++i) {
        const double x = static_cast<double>(static_cast<std::int64_t>(random())) * 0x1p-55;  // up to 256
        for (const double y : {numerics::exp(x), numerics::log(x < 0 ? -x : x), numerics::sin(x), numerics::cos(x), numerics::pow(10000.0, x * 0x1p-8)})
            hash = (hash ^ bits(y)) * 1099511628211u;
    }
    CHECK(hash == 13254111052335980002u);
}
