#include "src/sampling/philox.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace plume;

TEST_CASE("philox4x32-10 gives the known answers of the Random123 paper's distribution") {
    using words = std::array<std::uint32_t, 4>;
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("uniform numbers lie inside (0, 1), with the mean and variance of the distribution") {
    constexpr int n   = 100000;
    double        sum = 0, squares = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const double u = uniform(42, i);
        REQUIRE((u > 0.0 && u < 1.0));
        sum += u;
        squares += (u - 0.5) * (u - 0.5);
    }
    // Five standard deviations: of the mean sqrt(1/12/n), of the mean square sqrt(1/180/n).
    CHECK(std::fabs(sum / n - 0.5) < 5 * std::sqrt(1.0 / 12 / n));
    CHECK(std::fabs(squares / n - 1.0 / 12) < 5 * std::sqrt(1.0 / 180 / n));
    CHECK(uniform(42, 0) != uniform(43, 0));
    CHECK(uniform(42, 0) != uniform(std::uint64_t{42} << 32, 0));
    CHECK(uniform(42, 1) != uniform(42, std::uint64_t{1} << 32));
}
