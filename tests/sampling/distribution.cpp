#include "tests/sampling/reference.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace plume;

namespace {

sampler make(const sampling_options& o, std::size_t V, std::uint64_t seed = 1) {
    auto s = sampler::make(o, V, seed);
    REQUIRE(s);
    return *std::move(s);
}

std::vector<std::size_t> counts_of(const std::vector<float>& logits, const sampling_options& o, const std::vector<token_id>& history, int draws) {
    auto s = make(o, logits.size());
    for (const auto t : history) s.accept(t);
    std::vector<std::size_t> n(logits.size());
    for (int i = 0; i < draws; ++i) {
        const auto token = s.sample(logits);
        REQUIRE(token);
        ++n[static_cast<std::size_t>(*token)];
    }
    return n;
}

/// Pearson's statistic, tokens expected less than five times joined; with the degrees of freedom.
std::pair<double, int> chi_square(const std::vector<std::size_t>& n, const std::vector<double>& p, int draws) {
    double statistic = 0, rest_expected = 0, rest_found = 0;
    int    bins = 0;
    for (std::size_t i = 0; i < n.size(); ++i) {
        const double expected = p[i] * draws, found = static_cast<double>(n[i]);
        if (expected < 5) {
            rest_expected += expected;
            rest_found += found;
            continue;
        }
        statistic += (found - expected) * (found - expected) / expected;
        ++bins;
    }
    if (rest_expected > 0) {
        statistic += (rest_found - rest_expected) * (rest_found - rest_expected) / rest_expected;
        ++bins;
    }
    return {statistic, bins - 1};
}

/// The statistic that chance exceeds once in about a million (Wilson and Hilferty 1931).
double limit(int freedom) {
    if (freedom <= 0) return 1e-9;
    const double a = 2.0 / (9.0 * freedom), z = 4.75;
    return freedom * std::pow(1 - a + z * std::sqrt(a), 3);
}

struct setting {
    const char*      what;
    sampling_options options;
};

std::vector<setting> settings() {
    std::vector<setting> all{
        {"temperature 1", {.temperature = 1.0f}},
        {"temperature 0.5", {.temperature = 0.5f}},
        {"temperature 2", {.temperature = 2.0f}},
        {"top-k 5", {.temperature = 1.0f, .top_k = 5}},
        {"top-p 0.7", {.temperature = 1.0f, .top_p = 0.7f}},
        {"min-p 0.1", {.temperature = 1.0f, .min_p = 0.1f}},
        {"all filters", {.temperature = 0.8f, .top_k = 40, .top_p = 0.9f, .min_p = 0.05f}},
        {"repeat 1.5", {.temperature = 1.0f, .repeat_penalty = 1.5f}},
        {"frequency 0.7, presence -0.4", {.temperature = 1.0f, .frequency_penalty = 0.7f, .presence_penalty = -0.4f}},
        {"window 3", {.temperature = 1.0f, .repeat_penalty = 2.0f, .frequency_penalty = 0.3f, .penalty_window = 3}},
        {"window of all", {.temperature = 1.0f, .frequency_penalty = 0.3f, .penalty_window = -1}},
        {"bias", {.temperature = 1.0f, .logit_bias = {{2, 1.5f}, {5, -std::numeric_limits<float>::infinity()}, {2, 0.5f}}}},
        {"greedy", {}},
    };
    return all;
}

const std::vector<token_id> history{1, 2, 2, 9, 0, 2, 30, 9};

}  // namespace

TEST_CASE("tokens are drawn with the probabilities of the double-precision reference") {
    constexpr int draws  = 20000;
    const auto    logits = reference::random_logits(100, 3, 1.5f);
    for (const auto& s : settings()) {
        CAPTURE(s.what);
        const auto p = reference::probabilities(logits, s.options, history), plain = reference::probabilities(logits, {.temperature = 1.3f}, history);
        const auto n                    = counts_of(logits, s.options, history, draws);
        const auto [statistic, freedom] = chi_square(n, p, draws);
        CHECK(statistic <= limit(freedom));
        for (std::size_t i = 0; i < n.size(); ++i)
            if (p[i] == 0.0) REQUIRE(n[i] == 0);
        const auto [other, other_freedom] = chi_square(n, plain, draws);  // the test can fail: not another setting's distribution
        CHECK(other > limit(other_freedom));
    }
}

TEST_CASE("the kept tokens are the reference's, for many logits and filters") {
    // A flat enough distribution shows its whole support within these draws; the reference says what that is.
    std::mt19937_64 random(5);
    for (int round = 0; round < 60; ++round) {
        sampling_options o{.temperature = 1.0f};
        if (round % 3 != 0) o.top_k = static_cast<std::int32_t>(1 + random() % 14);
        if (round % 2 != 0) o.top_p = static_cast<float>(1 + random() % 19) / 20.0f;
        if (round % 5 > 2) o.min_p = static_cast<float>(random() % 10) / 10.0f;
        CAPTURE(o.top_k);
        CAPTURE(o.top_p);
        CAPTURE(o.min_p);
        const auto logits = reference::random_logits(12, 100 + static_cast<std::uint64_t>(round), 0.6f);
        const auto p      = reference::probabilities(logits, o);
        const auto n      = counts_of(logits, o, {}, 3000);
        for (std::size_t i = 0; i < p.size(); ++i) CHECK((p[i] > 0.0) == (n[i] > 0));
    }
}

TEST_CASE("top-p keeps the fewest tokens of a large vocabulary, with ties by the lower id") {
    // 1200 equal tokens: p of a half keeps ids 0 to 599, more than the first fronts that are sorted. Each is missed by 8000 draws once in 600,000.
    const std::vector<float> equal(1200, -3.25f);
    const auto               n = counts_of(equal, {.temperature = 1.0f, .top_p = 0.5f}, {}, 8000);
    CHECK(std::all_of(n.begin(), n.begin() + 600, [](auto c) { return c > 0; }));
    CHECK(std::all_of(n.begin() + 600, n.end(), [](auto c) { return c == 0; }));
    const auto k = counts_of(equal, {.temperature = 1.0f, .top_k = 3}, {}, 300);
    CHECK((k[0] > 0 && k[1] > 0 && k[2] > 0 && k[0] + k[1] + k[2] == 300));
    CHECK(counts_of(equal, {}, {}, 3)[0] == 3);
}

TEST_CASE("a neutral value gives the same tokens as leaving the option out") {
    const auto logits = reference::random_logits(5000, 9, 3.0f);
    const auto tokens = [&](const sampling_options& o) {
        auto                  s = make(o, logits.size(), 77);
        std::vector<token_id> out;
        for (int i = 0; i < 200; ++i) {
            const auto token = s.sample(logits);
            REQUIRE(token);
            out.push_back(*token);
            s.accept(*token);
        }
        return out;
    };
    const auto base = tokens({.temperature = 1.0f});
    CHECK(std::set<token_id>(base.begin(), base.end()).size() > 20);
    CHECK(base == tokens({.temperature = 1.0f, .top_k = 5000}));
    CHECK(base == tokens({.temperature = 1.0f, .top_k = std::numeric_limits<std::int32_t>::max()}));
    CHECK(base == tokens({.temperature = 1.0f, .top_p = 1.0f, .min_p = 0.0f, .repeat_penalty = 1.0f, .penalty_window = -1}));
    CHECK(base == tokens({.temperature = 1.0f, .repeat_penalty = 3.0f, .penalty_window = 0}));
    CHECK(base == tokens({.temperature = 1.0f, .logit_bias = {{7, 0.0f}}}));
    CHECK(base == tokens({.temperature = 1.0f, .min_p = std::numeric_limits<float>::denorm_min()}));
    CHECK(base != tokens({.temperature = 1.0f, .frequency_penalty = 2.0f}));
    CHECK(base != tokens({.temperature = 1.0f, .top_k = 50}));
}
