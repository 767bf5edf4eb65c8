#include "reference/attention.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "kernels/support.hpp"

namespace plume::test {
namespace {

/// Keys and values of S positions of one KV head, in the cache's layout and rounded as it holds them; what was never appended is NaN.
struct cache {
    std::size_t            S, E;
    bool                   is_half;
    std::vector<std::byte> k, v;
    Eigen::MatrixXd        keys, values;

    cache(const kernels::target_table& target, std::size_t n, std::size_t elems, bool half_precision, unsigned seed)
        : S(n), E(elems), is_half(half_precision), keys(n, elems), values(n, elems) {
        const std::size_t bytes = is_half ? 2 : 4, rounded = (S + 15) / 16 * 16;
        k.assign(rounded * E * bytes, std::byte{0xff});
        v.assign((S + 16) * E * bytes, std::byte{0xff});
        const auto kf = reals(S * E, seed), vf = reals(S * E, seed + 1);
        for (std::size_t s = 0; s < S; ++s) {
            (is_half ? target.append_kv_f16 : target.append_kv_f32)(kf.data() + s * E, vf.data() + s * E, s, E, k.data(), v.data());
            for (std::size_t e = 0; e < E; ++e) {
                const auto rounding = [&](float x) { return is_half ? to_float(to_half(x)) : x; };
                keys(s, e) = rounding(kf[s * E + e]), values(s, e) = rounding(vf[s * E + e]);
            }
        }
    }
    float key_at(std::size_t s, std::size_t e) const { return element(k, s / 16 * 16 * E + e * 16 + s % 16); }
    float value_at(std::size_t s, std::size_t e) const { return element(v, s * E + e); }
    float element(const std::vector<std::byte>& from, std::size_t i) const {
        if (is_half) {
            std::uint16_t h;
            std::memcpy(&h, from.data() + 2 * i, 2);
            return to_float(half{h});
        }
        float f;
        std::memcpy(&f, from.data() + 4 * i, 4);
        return f;
    }
};

/// Attention over [0, end) by splits, merged: out[G,E].
std::vector<float> attend(const kernels::target_table& target, const cache& c, const std::vector<float>& q, std::size_t G, std::size_t end, float scale) {
    const std::size_t  E = c.E, n_splits = (end + kernels::attention_split - 1) / kernels::attention_split, row = E + 2;
    std::vector<float> partials(n_splits * G * row + 1, -7), out(G * E + 1, -7);
    for (std::size_t i = 0; i < n_splits; ++i) {
        const std::size_t             begin = i * kernels::attention_split;
        const kernels::attention_task task{
            q.data(), E, c.k.data(), c.v.data(), begin, std::min(end, begin + kernels::attention_split), G, E, scale, partials.data() + i * G * row};
        (c.is_half ? target.attention_f16 : target.attention_f32)(task);
    }
    CHECK(partials.back() == -7);
    for (std::size_t g = 0; g < G; ++g) target.merge_attention(partials.data() + g * row, n_splits, G * row, E, out.data() + g * E);
    CHECK(out.back() == -7);
    out.pop_back();
    return out;
}

bool within(const std::vector<float>& got, const cache& c, const std::vector<float>& q, std::size_t G, std::size_t end, float scale) {
    const auto n = static_cast<Eigen::Index>(end);
    for (std::size_t g = 0; g < G; ++g) {
        Eigen::VectorXd head(c.E);
        for (std::size_t e = 0; e < c.E; ++e) head[e] = q[g * c.E + e];
        const auto want = reference::attention(head, c.keys.topRows(n), c.values.topRows(n), scale);
        for (std::size_t e = 0; e < c.E; ++e)
            if (!(std::abs(got[g * c.E + e] - want.value[e]) <= want.bound[e])) return false;
    }
    return true;
}

TEST_CASE("append_kv puts a key across lanes and a value along a row, and touches nothing else") {
    for (const auto* target : targets())
        for (const bool is_half : {false, true})
            for (const std::size_t E : {1, 8, 13, 64, 80}) {
                const cache c(*target, 37, E, is_half, 3);
                for (std::size_t s = 0; s < 48; ++s)
                    for (std::size_t e = 0; e < E; ++e) {
                        if (s >= 37) {
                            REQUIRE(std::isnan(c.key_at(s, e)));
                            REQUIRE(std::isnan(c.value_at(s, e)));
                        } else {
                            REQUIRE(c.key_at(s, e) == c.keys(s, e));
                            REQUIRE(c.value_at(s, e) == c.values(s, e));
                        }
                    }
            }
}

TEST_CASE("append_kv_f16 rounds all magnitudes as to_half does") {
    std::vector<float> x;
    for (std::uint32_t bits = 0x32000000u; bits < 0x48000000u; bits += 0x321) x.push_back(std::bit_cast<float>(bits | (bits & 1u) << 31));
    for (std::uint32_t h = 0; h < 0x7bffu; ++h) {  // the middles between halves
        const auto low  = std::bit_cast<std::uint32_t>(to_float(half{static_cast<std::uint16_t>(h)})),
                   high = std::bit_cast<std::uint32_t>(to_float(half{static_cast<std::uint16_t>(h + 1)}));
        x.push_back((std::bit_cast<float>(low) + std::bit_cast<float>(high)) / 2);
    }
    for (const auto* target : targets()) {
        CAPTURE(target->name);
        std::vector<std::uint16_t> k(16 * x.size()), v(x.size());
        target->append_kv_f16(x.data(), x.data(), 0, x.size(), k.data(), v.data());
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < x.size(); ++i) wrong += v[i] != to_half(x[i]).bits || k[16 * i] != v[i];
        CHECK(wrong == 0);
    }
}

TEST_CASE("attention is within its derived bound and has the same bits on every target, whatever lies beyond the end") {
    for (const bool is_half : {false, true})
        for (const std::size_t E : {2, 8, 13, 64, 80, 96, 128, 256})
            for (const std::size_t end : {1, 2, 15, 16, 17, 63, 64, 65, 100, 130}) {
                const std::size_t  G = 1 + (E + end) % 9;
                const auto         q = reals(G * E, static_cast<unsigned>(E + end));
                std::vector<float> want;
                for (const auto* target : targets()) {
                    CAPTURE(target->name);
                    CAPTURE(is_half);
                    CAPTURE(E);
                    CAPTURE(end);
                    CAPTURE(G);
                    const cache c(*target, end, E, is_half, static_cast<unsigned>(E));
                    const auto  out = attend(*target, c, q, G, end, 1.0f);
                    CHECK(within(out, c, q, G, end, 1.0f));
                    if (want.empty()) want = out;
                    CHECK(same_bits(out, want));
                }
            }
}

TEST_CASE("several splits merge to the same softmax, and heads done together equal heads done alone") {
    constexpr std::size_t E = 40, S = 2500, G = 7;
    const auto            q = reals(G * E, 8);
    std::vector<float>    want;
    for (const auto* target : targets()) {
        CAPTURE(target->name);
        const cache c(*target, S, E, true, 4);
        for (const std::size_t end : {std::size_t{1024}, std::size_t{1025}, std::size_t{2048}, S}) {
            const auto out = attend(*target, c, q, G, end, 3.0f);
            CHECK(within(out, c, q, G, end, 3.0f));
            for (std::size_t g = 0; g < G; ++g) {
                const std::vector<float> head(q.begin() + static_cast<std::ptrdiff_t>(g * E), q.begin() + static_cast<std::ptrdiff_t>(g * E + E));
                CHECK(same_bits(attend(*target, c, head, 1, end, 3.0f), std::span(out).subspan(g * E, E)));
            }
            if (end != S) continue;
            if (want.empty()) want = out;
            CHECK(same_bits(out, want));
        }
    }
}

TEST_CASE("attention with scores far apart: the last, the first or one position takes all") {
    constexpr std::size_t E = 16, S = 200;
    for (const auto* target : targets())
        for (const std::size_t peak : {0, 63, 64, 150, 199}) {
            CAPTURE(target->name);
            CAPTURE(peak);
            cache              c(*target, S, E, false, 4);
            std::vector<float> key(E, 100.0f), value(E), q(E, 2.0f);
            for (std::size_t e = 0; e < E; ++e) value[e] = static_cast<float>(e);
            target->append_kv_f32(key.data(), value.data(), peak, E, c.k.data(), c.v.data());
            CHECK(same_bits(attend(*target, c, q, 1, S, 1.0f), value));
        }
}

TEST_CASE("the attention test can fail: a changed value or one position more leaves the bound") {
    constexpr std::size_t E = 64, S = 100;
    const auto            q = reals(E, 1);
    for (const auto* target : targets()) {
        const cache c(*target, S, E, false, 4);
        const auto  out = attend(*target, c, q, 1, S - 1, 0.125f);
        CHECK(within(out, c, q, 1, S - 1, 0.125f));
        CHECK_FALSE(within(out, c, q, 1, S, 0.125f));
        CHECK_FALSE(within(out, c, q, 1, S - 1, 0.1251f));
    }
}

}  // namespace
}  // namespace plume::test
