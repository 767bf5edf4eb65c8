#include <algorithm>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "kernels/support.hpp"

namespace plume::test {
namespace {

/// The rule as written, one block at a time.
activations by_the_rule(const std::vector<float>& x, std::size_t T, std::size_t D, bool two_planes) {
    activations out(T, D, two_planes);
    const float qmax = two_planes ? 16319.0f : 127.0f;
    for (std::size_t block = 0; block < T * D / 32; ++block) {
        float amax = 0;
        for (std::size_t i = 0; i < 32; ++i) amax = std::max(amax, std::abs(x[32 * block + i]));
        const bool usable = amax != 0 && std::isfinite(qmax / amax);
        out.s[block]      = usable ? amax / qmax : 0;
        for (std::size_t i = 0; i < 32; ++i) {
            const float q = usable ? std::nearbyint(x[32 * block + i] * (qmax / amax)) : 0;
            out.set((32 * block + i) / D, (32 * block + i) % D, static_cast<int>(std::clamp(q, -qmax, qmax)));
        }
    }
    out.sum_up();
    return out;
}

activations run(const kernels::target_table& target, const std::vector<float>& x, std::size_t T, std::size_t D, bool two_planes) {
    activations out(T, D, two_planes);
    for (std::size_t t = 0; t < T; ++t) target.quantise(x.data() + t * D, t, T, 0, D / 32, out.view());
    return out.in_rows(target);
}

void check_equal(const activations& a, const activations& b) {
    CHECK(a.hi == b.hi);
    CHECK(a.lo == b.lo);
    CHECK(a.sums == b.sums);
    CHECK(same_bits(a.s, b.s));
    CHECK(same_bits(a.S, b.S));
}

TEST_CASE("quantise follows the rule to the bit on every target") {
    for (const bool two_planes : {false, true})
        for (const auto& shape : {std::pair<std::size_t, std::size_t>{1, 32}, {3, 96}, {130, 64}, {2, 4096}}) {
            const std::size_t T = shape.first, D = shape.second;
            auto              x = reals(T * D, static_cast<unsigned>(D));
            for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::ldexp(x[i], static_cast<int>(i / 32 % 60) - 30);
            const auto want = by_the_rule(x, T, D, two_planes);
            for (const auto* target : targets()) {
                CAPTURE(target->name);
                CAPTURE(two_planes);
                CAPTURE(D);
                check_equal(run(*target, x, T, D, two_planes), want);
            }
        }
}

TEST_CASE("quantise: ties go to even, zero and tiny blocks become zero, the largest magnitudes reach qmax") {
    for (const bool two_planes : {false, true}) {
        const float        qmax = two_planes ? 16319.0f : 127.0f;
        std::vector<float> x(32 * 8);
        for (std::size_t i = 0; i < 32; ++i) {
            x[i]       = i == 0 ? qmax : static_cast<float>(i) - 15.5f;  // inverse is 1: ties
            x[64 + i]  = i % 2 ? 0x1p-149f : -0x1p-140f;                 // the inverse overflows
            x[96 + i]  = i % 2 ? 0x1p-120f : -0x1.8p-120f;               // inverse just finite for A8
            x[128 + i] = i % 2 ? std::numeric_limits<float>::max() : -std::numeric_limits<float>::max();
            x[160 + i] = -0.0f;
            x[192 + i] = std::ldexp(1.0f + static_cast<float>(i) / 32, -126);  // amax near the smallest normal number
            x[224 + i] = std::nextafter(1.0f, i % 2 ? 0.0f : 2.0f);
        }
        const auto want = by_the_rule(x, 1, x.size(), two_planes);
        CHECK(want.q(0, 1) == -14);  // -14.5
        CHECK(want.q(0, 2) == -14);  // -13.5
        CHECK(want.s[1] == 0.0f);
        CHECK(want.s[2] == 0.0f);
        CHECK(std::abs(want.q(0, 128)) == static_cast<int>(qmax));
        for (const auto* target : targets()) {
            CAPTURE(target->name);
            check_equal(run(*target, x, 1, x.size(), two_planes), want);
        }
    }
}

TEST_CASE("quantise marks a block that is not finite, and only that block") {
    for (const bool two_planes : {false, true})
        for (const float bad : {infinite, -infinite, std::nanf("1")})
            for (std::size_t at = 32; at < 64; ++at) {
                auto x = reals(96, 9);
                x[at]  = bad;
                for (const auto* target : targets()) {
                    const auto out = run(*target, x, 1, 96, two_planes);
                    REQUIRE(std::isnan(out.s[1]));
                    REQUIRE(std::isnan(out.S[1]));
                    REQUIRE(std::isfinite(out.s[0]));
                    REQUIRE(std::isfinite(out.s[2]));
                    REQUIRE(out.q(0, at) == 0);
                }
            }
}

TEST_CASE("quantise writes the blocks that it is told to, and nothing else") {
    const auto x = reals(64, 2);
    for (const auto* target : targets())
        for (const bool two_planes : {false, true})
            for (std::size_t t = 0; t < 5; ++t) {
                activations out(5, 96, two_planes);
                for (auto& h : out.hi) h = 99;
                out = out.in_order_of(*target);
                target->quantise(x.data(), t, 5, 1, 2, out.view());
                out             = out.in_rows(*target);
                const auto want = run(*target, {x.begin() + 32, x.end()}, 1, 32, two_planes);
                for (std::size_t i = 0; i < out.hi.size(); ++i) {
                    const bool inside = i / 96 == t && i % 96 / 32 == 1;
                    CHECK(out.hi[i] == (inside ? want.hi[i % 32] : 99));
                }
                CHECK(same_bits(std::span(out.s).subspan(t * 3 + 1, 1), std::span(want.s)));
            }
}

}  // namespace
}  // namespace plume::test
