#include "reference/attention.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>
#include <plume/kv/layout.hpp>

#include "kernels/support.hpp"

namespace plume::test {
namespace {

constexpr kv_type all_types[] = {kv_type::f16, kv_type::f32, kv_type::q8_0};

const kernels::target_table::cache_entry& entry(const kernels::target_table& target, kv_type type) { return target.cache[static_cast<std::size_t>(type)]; }

/// n <= 32 elements as a block of q8_0 gives them back: this file's own words for it.
void through_q8_0(const float* x, std::size_t n, float* y) {
    float amax = 0;
    for (std::size_t i = 0; i < n; ++i) amax = std::max(amax, std::abs(x[i]));
    const float d = to_float(to_half(amax / 127));
    for (std::size_t i = 0; i < n; ++i) y[i] = d == 0 ? 0 : d * std::clamp(std::nearbyint(x[i] / d), -127.0f, 127.0f);
}

/// A row of E elements as the cache gives it back.
std::vector<float> rounded(kv_type type, const float* x, std::size_t E) {
    std::vector<float> y(x, x + E);
    if (type == kv_type::f16)
        for (float& v : y) v = to_float(to_half(v));
    if (type == kv_type::q8_0)
        for (std::size_t e = 0; e < E; e += 32) through_q8_0(x + e, std::min<std::size_t>(32, E - e), y.data() + e);
    return y;
}

/// Keys and values of S positions of one KV head, in the cache's layout and rounded as it holds them; what was never appended is NaN, and so is what lies
/// between pieces.
struct cache {
    static constexpr std::size_t piece = kv::piece_positions, gap = 192;

    std::size_t            S, E;
    kv_type                type;
    std::vector<std::byte> k, v;
    Eigen::MatrixXd        keys, values;

    cache(const kernels::target_table& target, std::size_t n, std::size_t elems, kv_type t, unsigned seed)
        : S(n), E(elems), type(t), keys(n, elems), values(n, elems) {
        const std::size_t last  = (S - 1) / piece * piece;
        const std::size_t bytes = last / piece * stride() + kv::layout::make(1, 1, E, S - last, type).head_bytes();  // exactly: a sanitizer sees a step beyond
        k.assign(bytes, std::byte{0xff});
        v.assign(bytes, std::byte{0xff});
        const auto kf = reals(S * E, seed), vf = reals(S * E, seed + 1);
        for (std::size_t s = 0; s < S; ++s) put(target, s, kf.data() + s * E, vf.data() + s * E);
    }
    void put(const kernels::target_table& target, std::size_t s, const float* key, const float* value) {
        entry(target, type).append(key, value, s % piece, E, k.data() + s / piece * stride(), v.data() + s / piece * stride());
        const auto k_row = rounded(type, key, E), v_row = rounded(type, value, E);
        for (std::size_t e = 0; e < E; ++e) keys(s, e) = k_row[e], values(s, e) = v_row[e];
    }
    std::size_t stride() const { return piece * bytes_of(type, E) + gap; }
    float       key_at(std::size_t s, std::size_t e) const { return element(k, s, e, e * 16 + s % 16); }
    float       value_at(std::size_t s, std::size_t e) const { return element(v, s, e, s % 16 * E + e); }
    /// Element e of position s, number `i` of its group of 16 positions.
    float element(const std::vector<std::byte>& from, std::size_t s, std::size_t e, std::size_t i) const {
        const auto* group = from.data() + s / piece * stride() + s % piece / 16 * 16 * bytes_of(type, E);
        if (type == kv_type::f32) return read<float>(group + 4 * i);
        if (type == kv_type::f16) return to_float(half{read<std::uint16_t>(group + 2 * i)});
        const half d{read<std::uint16_t>(group + 16 * E + 2 * (e / 32 * 16 + s % 16))};
        return to_float(d) * static_cast<float>(read<std::int8_t>(group + i));
    }
    template <class T>
    static T read(const std::byte* at) {
        T x;
        std::memcpy(&x, at, sizeof x);
        return x;
    }
};

/// T tokens from `position` on, G heads each.
struct queries {
    std::size_t        position = 0, T = 1, G = 1, window = 0;
    float              scale = 1, soft_cap = 0;
    std::vector<float> sinks{};  // [G], or none

    const float* sink(std::size_t g) const { return sinks.empty() ? nullptr : sinks.data() + g; }
    std::size_t  first(std::size_t t) const { return window != 0 && position + t + 1 > window ? position + t + 1 - window : 0; }
    std::size_t  end(std::size_t t) const { return position + t + 1; }
};

/// Attention by splits, merged: out[T,G,E].
std::vector<float> attend(const kernels::target_table& target, const cache& c, const std::vector<float>& q, const queries& w) {
    constexpr std::size_t split = kernels::attention_split;
    const std::size_t     E = c.E, row = kernels::partial_floats(E), n_splits = (w.end(w.T - 1) + split - 1) / split, partial = w.G * row;
    std::vector<float>    partials(w.T * n_splits * partial + 1, -7), out(w.T * w.G * E + 1, -7);
    for (std::size_t i = 0; i < n_splits; ++i)
        entry(target, c.type)
            .attention({.q                = q.data(),
                        .q_stride         = E,
                        .q_token_stride   = w.G * E,
                        .k                = c.k.data(),
                        .v                = c.v.data(),
                        .piece_stride     = c.stride(),
                        .position         = w.position,
                        .begin            = i * split,
                        .T                = w.T,
                        .G                = w.G,
                        .E                = E,
                        .window           = w.window,
                        .scale            = w.scale,
                        .soft_cap         = w.soft_cap,
                        .out              = partials.data() + i * partial,
                        .out_token_stride = n_splits * partial});
    CHECK(partials.back() == -7);
    for (std::size_t t = 0; t < w.T; ++t) {
        const std::size_t oldest = w.first(t) / split, newest = (w.end(t) + split - 1) / split;
        for (std::size_t g = 0; g < w.G; ++g)
            target.merge_attention(partials.data() + (t * n_splits + oldest) * partial + g * row, newest - oldest, partial, E, w.sink(g),
                                   out.data() + (t * w.G + g) * E);
    }
    CHECK(out.back() == -7);
    out.pop_back();
    return out;
}

bool within(const std::vector<float>& got, const cache& c, const std::vector<float>& q, const queries& w) {
    for (std::size_t row = 0; row < w.T * w.G; ++row) {
        const auto      first = static_cast<Eigen::Index>(w.first(row / w.G)), n = static_cast<Eigen::Index>(w.end(row / w.G)) - first;
        Eigen::VectorXd head(c.E);
        for (std::size_t e = 0; e < c.E; ++e) head[e] = q[row * c.E + e];
        const auto want = reference::attention(head, c.keys.middleRows(first, n), c.values.middleRows(first, n), w.scale, w.soft_cap, w.sink(row % w.G));
        for (std::size_t e = 0; e < c.E; ++e)
            if (!(std::abs(got[row * c.E + e] - want.value[e]) <= want.bound[e])) return false;
    }
    return true;
}

/// Every target against the reference and against each other.
void check(kv_type type, std::size_t E, const queries& w) {
    CAPTURE(name(type));
    CAPTURE(E);
    CAPTURE(w.position);
    CAPTURE(w.T);
    CAPTURE(w.G);
    CAPTURE(w.window);
    CAPTURE(w.soft_cap);
    const auto         q = reals(w.T * w.G * E, static_cast<unsigned>(E + w.position));
    std::vector<float> want;
    for (const auto* target : targets()) {
        CAPTURE(std::string(target->name));
        const cache c(*target, w.end(w.T - 1), E, type, static_cast<unsigned>(E));
        const auto  out = attend(*target, c, q, w);
        if (want.empty()) {
            CHECK(within(out, c, q, w));
            want = out;
        }
        CHECK(same_bits(out, want));
    }
}

TEST_CASE("append puts a key across lanes and a value along a row, and touches nothing else") {
    for (const auto* target : targets())
        for (const kv_type type : all_types)
            for (const std::size_t E : {1, 8, 13, 31, 33, 64, 80}) {
                CAPTURE(std::string(target->name));
                CAPTURE(name(type));
                CAPTURE(E);
                const cache c(*target, 37, E, type, 3);
                std::size_t wrong = 0;
                for (std::size_t s = 0; s < 48; ++s)
                    for (std::size_t e = 0; e < E; ++e) {
                        const float k = c.key_at(s, e), v = c.value_at(s, e);
                        wrong += s < 37 ? k != c.keys(s, e) || v != c.values(s, e) : !std::isnan(k) || !std::isnan(v);
                    }
                CHECK(wrong == 0);
            }
}

TEST_CASE("q8_0: blocks of every magnitude are rounded as its definition says, up to the largest that fits") {
    generator g(5);
    for (const auto* target : targets()) {
        CAPTURE(std::string(target->name));
        std::size_t wrong = 0;
        for (int exponent = -40; exponent <= 22; ++exponent)
            for (const std::size_t E : {1, 16, 17, 32, 45}) {
                cache              c(*target, 1, E, kv_type::q8_0, 1);
                std::vector<float> x(E);
                for (float& v : x) v = std::ldexp(real(g), exponent);
                x[E / 2] = std::ldexp(1.0f, exponent) * (exponent % 2 == 0 ? 1 : -1);
                c.put(*target, 0, x.data(), x.data());
                for (std::size_t e = 0; e < E; ++e) wrong += c.key_at(0, e) != c.keys(0, e) || c.value_at(0, e) != c.values(0, e);
            }
        CHECK(wrong == 0);
        cache              c(*target, 1, 32, kv_type::q8_0, 1);
        std::vector<float> x(32, 0.0f);
        c.put(*target, 0, x.data(), x.data());
        CHECK(c.key_at(0, 7) == 0);
        x[3] = 127 * 65504.0f;  // the largest
        c.put(*target, 0, x.data(), x.data());
        CHECK(c.value_at(0, 3) == x[3]);
    }
}

TEST_CASE("f16: append rounds all magnitudes as to_half does") {
    std::vector<float> x;
    for (std::uint32_t bits = 0x32000000u; bits < 0x48000000u; bits += 0x321) x.push_back(std::bit_cast<float>(bits | (bits & 1u) << 31));
    for (std::uint32_t h = 0; h < 0x7bffu; ++h) {  // the middles between halves
        const auto low  = std::bit_cast<std::uint32_t>(to_float(half{static_cast<std::uint16_t>(h)})),
                   high = std::bit_cast<std::uint32_t>(to_float(half{static_cast<std::uint16_t>(h + 1)}));
        x.push_back((std::bit_cast<float>(low) + std::bit_cast<float>(high)) / 2);
    }
    for (const auto* target : targets()) {
        CAPTURE(std::string(target->name));
        std::vector<std::uint16_t> k(16 * x.size()), v(x.size());
        entry(*target, kv_type::f16).append(x.data(), x.data(), 0, x.size(), k.data(), v.data());
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < x.size(); ++i) wrong += v[i] != to_half(x[i]).bits || k[16 * i] != v[i];
        CHECK(wrong == 0);
    }
}

TEST_CASE("attention is within its derived bound and has the same bits on every target, whatever lies beyond the end") {
    constexpr std::size_t positions[] = {0, 1, 14, 15, 16, 47, 62, 63, 64, 99, 127, 129};
    for (const kv_type type : all_types)
        for (const std::size_t E : {2, 13, 16, 40, 64, 80, 96, 128, 256})
            for (std::size_t T = 1; T <= 40; T += E == 64 || E == 80 ? 1 : 13)
                check(type, E, {.position = positions[(T * 5 + E) % std::size(positions)], .T = T, .G = 1 + (E + T) % 9});
}

TEST_CASE("a window hides what is older, in the tile where it begins and in tiles before") {
    for (const kv_type type : all_types)
        for (const std::size_t E : {13, 64, 80})
            for (const std::size_t window : {1, 2, 15, 16, 31, 63, 64, 65, 100, 128, 300})
                check(type, E, {.position = 40 * (window % 5), .T = 1 + window % 40, .G = 1 + window % 4, .window = window});
}

TEST_CASE("at the edges of splits: causal and with windows that leave splits out") {
    for (const kv_type type : all_types)
        for (const std::size_t position : {1000, 1023, 1024, 1025, 2040})
            for (const std::size_t window : {0, 1, 24, 1000, 1024, 1500}) check(type, 40, {.position = position, .T = 20, .G = 3, .window = window});
}

TEST_CASE("soft caps of scores and sinks, within a split and over several, and in a window") {
    for (const kv_type type : all_types)
        for (const std::size_t position : {0, 5, 100, 1030})
            for (const std::size_t window : {0, 20}) {
                const queries w{.position = position, .T = 9, .G = 3, .window = window, .scale = 2, .soft_cap = 1.5f};
                check(type, 40, w);
                check(type, 40, {.position = position, .T = 9, .G = 3, .window = window, .scale = 2, .sinks = {-1.0f, 3.0f, 40.0f}});
            }
    // Neither is without effect.
    const cache c(*targets()[0], 50, 40, kv_type::f32, 4);
    const auto  q = reals(40, 1), plain = attend(*targets()[0], c, q, {.position = 49, .scale = 2});
    CHECK_FALSE(within(plain, c, q, {.position = 49, .scale = 2, .soft_cap = 1.5f}));
    CHECK_FALSE(within(plain, c, q, {.position = 49, .scale = 2, .sinks = {5.0f}}));
}

TEST_CASE("tokens and heads done together equal each done alone") {
    constexpr std::size_t E = 72;
    for (const auto* target : targets())
        for (const kv_type type : all_types)
            for (const std::size_t window : {0, 50, 1100}) {
                CAPTURE(std::string(target->name));
                CAPTURE(name(type));
                CAPTURE(window);
                const queries all{.position = 1015, .T = 33, .G = 5, .window = window, .scale = 3};
                const cache   c(*target, all.end(all.T - 1), E, type, 4);
                const auto    q = reals(all.T * all.G * E, 8), out = attend(*target, c, q, all);
                for (std::size_t row = 0; row < all.T * all.G; row += 7) {
                    const auto at = q.begin() + static_cast<std::ptrdiff_t>(row * E);
                    CHECK(same_bits(attend(*target, c, {at, at + E}, {.position = 1015 + row / all.G, .window = window, .scale = 3}),
                                    std::span(out).subspan(row * E, E)));
                }
            }
}

TEST_CASE("what a window hides may be anything") {
    constexpr std::size_t E = 32, T = 7, G = 2;
    const auto            q = reals(T * G * E, 2);
    const queries         w{.position = 150, .T = T, .G = G, .window = 90};
    for (const auto* target : targets())
        for (const kv_type type : all_types) {
            CAPTURE(std::string(target->name));
            CAPTURE(name(type));
            cache      c(*target, 157, E, type, 4);
            const auto want = attend(*target, c, q, w);
            const auto keep = w.first(0) / 16 * 16 * bytes_of(type, E);  // whole groups before the first token's window
            std::fill_n(c.k.begin(), keep, std::byte{0xff});
            std::fill_n(c.v.begin(), keep, std::byte{0xff});
            CHECK(same_bits(attend(*target, c, q, w), want));
        }
}

TEST_CASE("attention with scores far apart: the last, the first or one position takes all") {
    constexpr std::size_t E = 16, S = 200;
    for (const auto* target : targets())
        for (const std::size_t peak : {0, 63, 64, 150, 199}) {
            CAPTURE(std::string(target->name));
            CAPTURE(peak);
            cache              c(*target, S, E, kv_type::f32, 4);
            std::vector<float> key(E, 100.0f), value(E), q(E, 2.0f);
            for (std::size_t e = 0; e < E; ++e) value[e] = static_cast<float>(e);
            c.put(*target, peak, key.data(), value.data());
            CHECK(same_bits(attend(*target, c, q, {.position = S - 1}), value));
        }
}

TEST_CASE("the attention test can fail: a changed value, one position more or less, or another scale leaves the bound") {
    constexpr std::size_t E = 64, S = 100;
    const auto            q = reals(2 * E, 1);
    const queries         w{.position = S - 4, .T = 2, .window = 20, .scale = 0.125f};
    for (const auto* target : targets())
        for (const kv_type type : all_types) {
            cache      c(*target, S, E, type, 4);
            const auto out     = attend(*target, c, q, w);
            auto       changed = w;
            CHECK(within(out, c, q, w));
            changed.position += 1;
            CHECK_FALSE(within(out, c, q, changed));
            changed        = w;
            changed.window = 21;
            CHECK_FALSE(within(out, c, q, changed));
            changed       = w;
            changed.scale = 0.1251f;
            CHECK_FALSE(within(out, c, q, changed));
            c.values(90, 3) += 0.01;
            CHECK_FALSE(within(out, c, q, w));
        }
}

}  // namespace
}  // namespace plume::test
