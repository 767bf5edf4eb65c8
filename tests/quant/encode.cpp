#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "blocks.hpp"

using namespace plume;
using namespace plume::quant;
using namespace plume::quant::tests;

namespace {

template <class Format>
std::vector<typename Format::block> encode_all(const std::vector<float>& w) {
    std::vector<typename Format::block> blocks(w.size() / Format::weights);
    for (std::size_t i = 0; i < blocks.size(); ++i)
        Format::encode(std::span<const float, Format::weights>(&w[i * Format::weights], Format::weights), blocks[i]);
    return blocks;
}

double squared_error(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    return sum;
}

/// The squared error of rounding to even steps between the extremes of each n weights, with scales in double: 0 to `levels` from the smallest
/// weight (or 0) on, or from -`levels`/2 - 1/2 at the peak through 0.
double plain_error(const std::vector<float>& w, std::size_t n, int levels, bool through_zero) {
    double sum = 0;
    for (std::size_t at = 0; at < w.size(); at += n) {
        double low = 0, high = 0, peak = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double x = w[at + i];
            low = std::min(low, x), high = std::max(high, x);
            if (std::fabs(x) > std::fabs(peak)) peak = x;
        }
        const int    zero = through_zero ? (levels + 1) / 2 : 0;
        const double step = through_zero ? peak / -zero : (high - low) / levels, from = through_zero ? 0 : low;
        for (std::size_t i = 0; i < n; ++i) {
            const double e = std::clamp(std::round((w[at + i] - from) / step), double(-zero), double(levels - zero)) * step + from - w[at + i];
            sum += e * e;
        }
    }
    return sum;
}

}  // namespace

// Derivation: with the d of the file every weight is at most half a step from its code's value, but for the peak, which may lie 0.3 beyond code 127 and a
// quarter more by what d was refitted and rounded. f32 arithmetic adds at most 3 · 2^-24 of |w| + 32 steps.
TEST_CASE("a weight of Q8_0 comes back within half a step") {
    for (const float scale : {0.02f, 1.0f, 300.0f}) {
        const auto w      = bell(32 * 500, 3, scale);
        const auto blocks = encode_all<q8_0>(w);
        const auto back   = decode_all<q8_0>(blocks);
        double     worst  = 0;
        for (std::size_t i = 0; i < w.size(); ++i) {
            codes_32 c;
            q8_0::unpack(blocks[i / 32], 0, c);
            const double d = std::fabs(c.d), error = std::fabs(double{w[i]} - back[i]), slack = 3 * 0x1p-24 * (std::fabs(w[i]) + 32 * d);
            const bool   ends = c.code[i % 32] == 1 || c.code[i % 32] == 255;
            REQUIRE(error <= d * (ends ? 0.75 : 0.5) + slack);
            if (!ends) worst = std::max(worst, error / d);
        }
        CHECK(worst > 0.49);  // the bound is not idle
    }
}

#define PLUME_ENCODERS \
    q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k, iq4_nl, iq4_xs, iq3_s, iq3_xxs, iq2_s, iq2_xs, iq2_xxs, iq1_s, iq1_m, mxfp4, tq1_0, tq2_0

TEST_CASE_TEMPLATE("an importance lowers the error that it weighs, and costs the plain one", Format, PLUME_ENCODERS) {
    CAPTURE(Format::name);
    const auto         w = bell(256 * 100, 12, 0.05f);
    std::vector<float> v(w.size());
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = i % 11 == 0 ? 30.0f : i % 3 == 0 ? 0.01f : 1.0f;
    std::vector<typename Format::block> blocks(w.size() / Format::weights);
    for (std::size_t i = 0; i < blocks.size(); ++i)
        Format::encode(std::span<const float, Format::weights>(&w[i * Format::weights], Format::weights),
                       std::span<const float, Format::weights>(&v[i * Format::weights], Format::weights), blocks[i]);
    const auto plain = decode_all<Format>(encode_all<Format>(w)), weighted = decode_all<Format>(blocks);
    const auto cost = [&](const std::vector<float>& back) {
        double sum = 0;
        for (std::size_t i = 0; i < w.size(); ++i) sum += double{v[i]} * (double{back[i]} - w[i]) * (double{back[i]} - w[i]);
        return sum;
    };
    MESSAGE(Format::name << ": weighted error " << cost(weighted) / cost(plain) << " of the plain encoding's");
    CHECK(cost(weighted) < cost(plain));
    CHECK(squared_error(w, weighted) > squared_error(w, plain));
}

TEST_CASE_TEMPLATE("weights of all the same importance are encoded as without one, or better where fewer starts are tried then or large weights cost more",
                   Format, PLUME_ENCODERS) {
    constexpr bool fewer = std::is_same_v<Format, q4_0> || std::is_same_v<Format, q4_1> || std::is_same_v<Format, q5_0> || std::is_same_v<Format, q5_1>;
    constexpr bool sized = std::is_same_v<Format, iq4_nl> || std::is_same_v<Format, iq4_xs>;
    const auto     w     = bell(Format::weights * (fewer || sized ? 1000 : 1), 2, 0.05f);
    const std::vector<float>            ones(Format::weights, 1.0f);
    const auto                          a = encode_all<Format>(w);
    std::vector<typename Format::block> b(a.size());
    for (std::size_t i = 0; i < b.size(); ++i)
        Format::encode(std::span<const float, Format::weights>(&w[i * Format::weights], Format::weights), std::span<const float, Format::weights>(ones), b[i]);
    if constexpr (fewer || sized) {
        const double ratio = squared_error(w, decode_all<Format>(b)) / squared_error(w, decode_all<Format>(a));
        MESSAGE(Format::name << ": " << ratio << " of the error without importance");
        CHECK(ratio < 1);
        CHECK(ratio > 0.9);
    } else {
        CHECK(std::memcmp(a.data(), b.data(), sizeof a[0]) == 0);
    }
}

TEST_CASE("the relative error of each encoder on normally distributed weights") {
    const auto w      = bell(256 * 200, 8, 0.03f);
    double     energy = 0;
    for (const float x : w) energy += double{x} * x;
    const auto relative = [&]<class F>(std::type_identity<F>) { return squared_error(w, decode_all<F>(encode_all<F>(w))) / energy; };
    double     last     = 1;
    const auto smaller  = [&]<class F>(std::type_identity<F> f) {
        const double error = relative(f);
        MESSAGE(F::name << ": " << error);
        CHECK(error < last);
        last = error;
    };
    smaller(std::type_identity<tq2_0>{});
    smaller(std::type_identity<q2_k>{});
    smaller(std::type_identity<q3_k>{});
    smaller(std::type_identity<q4_0>{});
    smaller(std::type_identity<iq4_xs>{});
    smaller(std::type_identity<q4_k>{});
    smaller(std::type_identity<q5_k>{});
    smaller(std::type_identity<q6_k>{});
    smaller(std::type_identity<q8_0>{});
    CHECK(relative(std::type_identity<tq1_0>{}) == relative(std::type_identity<tq2_0>{}));
    CHECK(relative(std::type_identity<iq4_nl>{}) < relative(std::type_identity<q4_0>{}));
}

TEST_CASE("weights that are ternary come back as they are") {
    std::vector<float> w(256 * 3);
    for (std::size_t i = 0; i < w.size(); ++i)
        w[i] = static_cast<float>(static_cast<int>((i * i + i / 7) % 3) - 1) * (i < 256 ? 0.5f : i < 512 ? 0.046875f : 1e-4f);
    const auto close = [&](const std::vector<float>& back) {
        for (std::size_t i = 0; i < w.size(); ++i) REQUIRE(std::fabs(back[i] - w[i]) <= std::fabs(w[i]) * 0x1p-10f);
    };
    close(decode_all<tq1_0>(encode_all<tq1_0>(w)));
    close(decode_all<tq2_0>(encode_all<tq2_0>(w)));
}

TEST_CASE_TEMPLATE("the error is not larger than the reference quantiser's", Format, q4_0, q4_1, q5_0, q5_1, q8_0) {
    std::ifstream file(PLUME_GOLDEN "/quant.json");
    const auto    golden    = nlohmann::json::parse(file);
    const double  reference = golden["formats"][std::string(Format::name)]["squared_error"];
    const auto    w         = decode_all<q6_k>(random_blocks<q6_k>(scales::sane, golden["blocks"]));
    const double  ours      = squared_error(w, decode_all<Format>(encode_all<Format>(w)));
    MESSAGE(Format::name << ": squared error " << ours << ", reference " << reference);
    CHECK(ours <= reference);
    CHECK(ours > reference / 2);
}

// ggml's shares of the weights' squares, on the same weights, with importances of 1 where it wants some, and with those of the first case.
TEST_CASE("the error of formats of few bits is not larger than ggml's") {
    struct reference {
        const char* name;
        double      plain, weighted;
    };
    constexpr reference list[] = {{"IQ3_S", 0.026987, 0.0076265}, {"IQ3_XXS", 0.044383, 0.0094904}, {"IQ2_S", 0.068272, 0.028113},
                                  {"IQ2_XS", 0.088594, 0.031615}, {"IQ2_XXS", 0.11671, 0.099438},   {"IQ1_M", 0.19801, 0.067447},
                                  {"IQ1_S", 0.22808, 0.11242}};
    const auto          w      = bell(256 * 100, 12, 0.05f);
    std::vector<float>  v(w.size()), back(w.size());
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = i % 11 == 0 ? 30.0f : i % 3 == 0 ? 0.01f : 1.0f;
    for (const auto& r : list) {
        CAPTURE(r.name);
        const auto*            f = find_format(r.name);
        std::vector<std::byte> blocks(100 * f->block_bytes);
        const auto             share = [&](bool weighted) {
            f->decode(blocks.data(), 100, back.data());
            double error = 0, squares = 0;
            for (std::size_t i = 0; i < w.size(); ++i) {
                const double cost = weighted ? double{v[i]} : 1;
                error += cost * (double{w[i]} - back[i]) * (double{w[i]} - back[i]), squares += cost * w[i] * w[i];
            }
            return error / squares;
        };
        f->encode(w.data(), 100, blocks.data());
        CHECK(share(false) <= r.plain);
        CHECK(share(false) > r.plain / 2);
        f->encode_weighted(w.data(), v.data(), 100, blocks.data());
        CHECK(share(true) <= r.weighted);
        CHECK(share(true) > r.weighted / 4);
    }
}

TEST_CASE_TEMPLATE("weights that a block can hold exactly come back exactly", Format, f32, f16, bf16, q4_0, q5_0, q8_0) {
    auto blocks = random_blocks<Format>(scales::sane, 200);
    for (auto& b : blocks) {  // the peak must be there for d to be found again
        if constexpr (std::is_same_v<Format, q4_0>) b.q[5] &= 0xf0;
        if constexpr (std::is_same_v<Format, q5_0>) b.q[5] &= 0xf0, b.high[0] &= 0xdf;
        if constexpr (std::is_same_v<Format, q8_0>) {
            for (auto& q : b.q) q = std::max<std::int8_t>(q, -127);
            b.q[5] = -127;
        }
    }
    const auto w = decode_all<Format>(blocks);
    CHECK(decode_all<Format>(encode_all<Format>(w)) == w);
}

TEST_CASE("Q4_K and Q6_K beat rounding between the extremes with scales of any precision") {
    const auto   w     = bell(256 * 200, 5, 0.03f);
    const double q4_k_ = squared_error(w, decode_all<q4_k>(encode_all<q4_k>(w))), plain4 = plain_error(w, 32, 15, false);
    const double q6_k_ = squared_error(w, decode_all<q6_k>(encode_all<q6_k>(w))), plain6 = plain_error(w, 16, 63, true);
    double       energy = 0;
    for (const float x : w) energy += double{x} * x;
    MESSAGE("Q4_K: relative RMS error " << std::sqrt(q4_k_ / energy) << ", plain " << std::sqrt(plain4 / energy) << "; Q4_0 "
                                        << std::sqrt(squared_error(w, decode_all<q4_0>(encode_all<q4_0>(w))) / energy));
    MESSAGE("Q6_K: relative RMS error " << std::sqrt(q6_k_ / energy) << ", plain " << std::sqrt(plain6 / energy));
    CHECK(q4_k_ < plain4);
    CHECK(q6_k_ < plain6);
}

TEST_CASE("Q4_K does well where a group is all positive and its minimum cannot help") {
    auto w = bell(256 * 100, 7, 0.3f);
    for (float& x : w) x = std::fabs(x) + 1;
    CHECK(squared_error(w, decode_all<q4_k>(encode_all<q4_k>(w))) < plain_error(w, 32, 15, false));
    for (float& x : w) x = -x;  // and better where it can
    CHECK(squared_error(w, decode_all<q4_k>(encode_all<q4_k>(w))) < 0.2 * plain_error(w, 32, 15, false));
}

// What lies outside the range that the search chose is cut off, by up to a step and a half.
TEST_CASE_TEMPLATE("a weight of Q4_K and Q6_K comes back within two steps of its group", Format, q4_k, q6_k) {
    const auto w      = bell(256 * 100, 6, 1);
    const auto blocks = encode_all<Format>(w);
    const auto back   = decode_all<Format>(blocks);
    for (std::size_t i = 0; i < w.size(); ++i) {
        codes_32 c;
        Format::unpack(blocks[i / 256], i % 256 / 32, c);
        REQUIRE(std::fabs(w[i] - back[i]) <= 2 * std::fabs(c.d * static_cast<float>(c.sub[i % 32 / 16])));
    }
}

TEST_CASE_TEMPLATE("zeros, constants, one spike, and ramps of either sign survive", Format, q4_0, q4_1, q5_0, q5_1, q8_0, q4_k, q6_k) {
    CAPTURE(Format::name);
    const bool         zero_moves = Format::codes.min == min_layout::per_32_f16;  // 0 is m + 15·d, and d is a half
    const auto         round_trip = [](const std::vector<float>& w) { return decode_all<Format>(encode_all<Format>(w)); };
    std::vector<float> w(256, 0.0f);
    for (const float x : round_trip(w)) CHECK(x == 0);
    for (const float value : {0.75f, -0.75f}) {
        std::fill(w.begin(), w.end(), value);
        for (const float x : round_trip(w)) CHECK(std::fabs(x - value) <= 0.75f * 0x1p-9f);  // d and one sub-scale, each to half an ulp of a half
        std::fill(w.begin(), w.end(), 0.0f);
        w[77]            = value;
        const auto spike = round_trip(w);
        for (std::size_t i = 0; i < 256; ++i) CHECK(std::fabs(spike[i] - w[i]) <= (i == 77 || zero_moves ? 0.75f * 0x1p-9f : 0));
        for (std::size_t i = 0; i < 256; ++i) w[i] = value * static_cast<float>(i % 32 + 1);
        const auto ramp = round_trip(w);  // 31 steps of 0.75: a step of 4 bits is 24 · 0.75 / 15 at most, or 2 with a sign to waste
        for (std::size_t i = 0; i < 256; ++i) CHECK(std::fabs(ramp[i] - w[i]) <= 32 * 0.75f / 8);
    }
}

TEST_CASE_TEMPLATE("no weight makes a block of anything but finite numbers", Format, PLUME_ENCODERS) {
    CAPTURE(Format::name);
    constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    for (const float odd : {3e38f, -3e38f, 1e20f, -1e20f, 1e-30f, -1e-42f, inf, -inf, nan})
        for (const std::size_t every : {1, 7, 300}) {
            auto w = bell(256, 9, 0.1f);
            for (std::size_t i = 0; i < w.size(); i += every) w[i] = odd;
            for (const float x : decode_all<Format>(encode_all<Format>(w))) REQUIRE(std::isfinite(x));
        }
}

TEST_CASE("six-bit scales keep their places: each of Q4_K's groups gets a scale and a minimum of its own") {
    std::vector<float> w = bell(256, 4, 1);
    for (std::size_t i = 0; i < 256; ++i) w[i] *= static_cast<float>(i / 32 + 1);
    const auto blocks = encode_all<q4_k>(w);
    codes_32   before{}, c;
    for (std::size_t group = 0; group < 8; ++group) {
        q4_k::unpack(blocks[0], group, c);
        CHECK((c.sub[0] > 0 && c.min[0] > 0));
        if (group % 4 == 3) CHECK(c.sub[0] > before.sub[0]);
        if (group % 4 == 3) before = c;
    }
}
