#include <plume/sampling/sampler.hpp>
#include <plume/sampling/samplers.hpp>

#include "tests/sampling/reference.hpp"

#include <doctest/doctest.h>

#include <xmmintrin.h>

#include <limits>
#include <string>

using namespace plume;

namespace {

constexpr float       infinity     = std::numeric_limits<float>::infinity();
constexpr float       not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t V            = 50;

bool fails_with(const sampling_options& o, code expected, std::string_view subject) {
    const auto s = sampler::make(o, V, 1);
    return !s && s.error().code() == expected && s.error().subject().find(subject) != std::string::npos && !s.error().expected().empty();
}

}  // namespace

TEST_CASE("every numeric option takes its range's ends and refuses what lies outside, by name") {
    const auto logits = reference::random_logits(V, 1, 2.0f);
    for (const auto& option : all_samplers::options) {
        CAPTURE(std::string(option.name));
        CHECK(((option.real != nullptr) != (option.whole != nullptr)));
        CHECK(option.flag.starts_with("--"));
        CHECK_FALSE(option.help.empty());
        CHECK_FALSE(range_text(option).empty());
        CHECK(in_range(option, value_of(option, sampling_options{})));
        CHECK(in_range(option, option.neutral));
        const auto outcome = [&](double value) {  // of make, then of a draw
            sampling_options o{.temperature = 1.0f, .top_k = 5, .repeat_penalty = 1.1f};
            if (option.real != nullptr) o.*option.real = static_cast<float>(value);
            if (option.whole != nullptr) o.*option.whole = static_cast<std::int32_t>(value);
            auto s = sampler::make(o, V, 1);
            if (!s) {
                CHECK(fails_with(o, code::invalid_argument, option.name));
                return false;
            }
            for (token_id t = 0; t < 20; ++t) {
                s->accept(t);
                const auto token = s->sample(logits);
                REQUIRE(token);
                CHECK((*token >= 0 && static_cast<std::size_t>(*token) < V));
            }
            return true;
        };
        const bool   real       = option.real != nullptr;
        const double type_most  = real ? static_cast<double>(std::numeric_limits<float>::max()) : std::numeric_limits<std::int32_t>::max();
        const double type_least = real ? -type_most : std::numeric_limits<std::int32_t>::min();
        for (const double value : {-1.0, 0.0, 0.5, 1.0, option.least, option.most, type_most, type_least}) {
            if (!real && value != std::floor(value)) continue;
            CAPTURE(value);
            CHECK(outcome(value) == in_range(option, value));
        }
        if (!real) continue;
        for (const float value : {not_a_number, infinity, -infinity}) CHECK_FALSE(outcome(static_cast<double>(value)));
        CHECK(outcome(static_cast<double>(std::numeric_limits<float>::denorm_min())));
    }
}

TEST_CASE("the ranges read as a person would say them") {
    const auto text_of = [](std::string_view name) {
        for (const auto& option : all_samplers::options)
            if (option.name == name) return range_text(option);
        return std::string();
    };
    CHECK(text_of("temperature") == "0 or more");
    CHECK(text_of("top_k") == "0 to 2147483647");
    CHECK(text_of("top_p") == "above 0, at most 1");
    CHECK(text_of("min_p") == "0 to 1");
    CHECK(text_of("repeat_penalty") == "above 0");
    CHECK(text_of("frequency_penalty") == "any finite number");
    CHECK(text_of("penalty_window") == "-1 to 1048576");
    const auto bad = sampler::make({.top_p = 1.5f}, V, 1);
    REQUIRE_FALSE(bad);
    CHECK(bad.error().message() == "option 'top_p' is out of range: expected above 0, at most 1, found 1.5");
}

TEST_CASE("a logit bias must name a token of the vocabulary and be finite or minus infinity") {
    CHECK(fails_with({.logit_bias = {{-1, 0.0f}}}, code::token_out_of_range, "logit_bias"));
    CHECK(fails_with({.logit_bias = {{50, 0.0f}}}, code::token_out_of_range, "logit_bias"));
    CHECK(fails_with({.logit_bias = {{3, not_a_number}}}, code::invalid_argument, "logit_bias"));
    CHECK(fails_with({.logit_bias = {{3, infinity}}}, code::invalid_argument, "logit_bias"));
    CHECK(sampler::make({.logit_bias = {{49, -infinity}}}, V, 1).has_value());
    CHECK_FALSE(sampler::make({}, 0, 1).has_value());
    CHECK_FALSE(sampler::make({}, std::size_t(-1), 1).has_value());
}

TEST_CASE("a NaN or infinite logit is an error that names the token, and does not use up a random number") {
    const auto good = reference::random_logits(V, 2, 1.0f);
    auto       s = sampler::make({.temperature = 1.0f}, V, 5), undisturbed = sampler::make({.temperature = 1.0f}, V, 5);
    REQUIRE((s && undisturbed));
    for (const float bad : {not_a_number, infinity, -infinity})
        for (const std::size_t at : {0, 17, 49}) {
            auto logits      = good;
            logits[at]       = bad;
            const auto token = s->sample(logits);
            REQUIRE_FALSE(token);
            CHECK(token.error().code() == code::not_finite);
            CHECK(token.error().subject() == "logit of token '" + std::to_string(at) + "'");
        }
    CHECK_FALSE(s->sample(std::span(good).first(49)).has_value());
    for (int i = 0; i < 50; ++i) CHECK(*s->sample(good) == *undisturbed->sample(good));
}

TEST_CASE("extreme logits give a token: all equal, denormal, the largest, penalised beyond float") {
    const float largest = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
    for (const float value : {0.0f, -0.0f, least, -least, largest, -largest}) {
        std::vector<float> logits(V, value);
        logits[7] = -value;
        for (const float t : {0.0f, least, 1.0f, largest}) {
            auto s = sampler::make({.temperature = t, .top_k = 20, .top_p = 0.5f, .repeat_penalty = largest, .frequency_penalty = -largest}, V, 3);
            REQUIRE(s);
            for (token_id i = 0; i < 50; ++i) {
                s->accept(i % 9);
                const auto token = s->sample(logits);
                REQUIRE(token);
                CHECK((*token >= 0 && static_cast<std::size_t>(*token) < V));
            }
        }
    }
}

TEST_CASE("forbidden tokens never come, and forbidding all is an error") {
    sampling_options o{.temperature = 1.0f};
    for (token_id t = 0; t < 49; ++t) o.logit_bias.emplace_back(t, -infinity);
    const auto logits = reference::random_logits(V, 4, 1.0f);
    for (const float t : {0.0f, 1.0f}) {
        o.temperature = t;
        auto s        = sampler::make(o, V, 1);
        REQUIRE(s);
        for (int i = 0; i < 20; ++i) CHECK(*s->sample(logits) == 49);
    }
    o.logit_bias.emplace_back(49, -infinity);
    o.top_p = 0.5f;
    auto s  = sampler::make(o, V, 1);
    REQUIRE(s);
    const auto token = s->sample(logits);
    REQUIRE_FALSE(token);
    CHECK(token.error().code() == code::invalid_argument);
}

TEST_CASE("greedy takes the most likely token, of equals the lower id, after bias and penalties") {
    std::vector<float> logits(V, 1.0f);
    logits[30] = logits[20] = 2.0f;
    auto s                  = sampler::make({.repeat_penalty = 1.5f, .frequency_penalty = 0.0f}, V, 1);
    REQUIRE(s);
    CHECK(*s->sample(logits) == 20);
    s->accept(20);
    CHECK(*s->sample(logits) == 30);  // 2 / 1.5 = 1.33
    s->accept(30);
    CHECK(*s->sample(logits) == 20);
    s->accept(-1);  // not tokens: nothing happens
    s->accept(50);
    s->accept(std::numeric_limits<token_id>::max());
    CHECK(*s->sample(logits) == 20);
}

TEST_CASE("a token leaves the penalties when it leaves the window") {
    std::vector<float> logits(V, 0.0f);
    logits[5] = 1.0f;
    auto s    = sampler::make({.presence_penalty = 3.0f, .penalty_window = 2}, V, 1);
    REQUIRE(s);
    s->accept(5);
    CHECK(*s->sample(logits) == 0);
    s->accept(8);
    CHECK(*s->sample(logits) == 0);
    s->accept(9);
    CHECK(*s->sample(logits) == 5);
}

TEST_CASE("a sampler that was moved from is an error, and the one moved to goes on") {
    const auto logits = reference::random_logits(V, 2, 1.0f);
    auto       a = sampler::make({.temperature = 1.0f}, V, 5), b = sampler::make({.temperature = 1.0f}, V, 5);
    REQUIRE((a && b));
    CHECK(*a->sample(logits) == *b->sample(logits));
    sampler moved = *std::move(a);
    CHECK(*moved.sample(logits) == *b->sample(logits));
    a->accept(1);
    CHECK(a->sample(logits).error().code() == code::wrong_state);
}

TEST_CASE("the same seed gives these tokens, whatever the host's rounding, flush-to-zero and compiler") {
    // Logits from integers, so that no library function has a part in them.
    std::vector<float> logits(1000);
    std::mt19937_64    random(21);
    for (auto& l : logits) l = static_cast<float>(static_cast<std::int64_t>(random()) >> 40) * 0x1p-20f;  // ±8
    const sampling_options o{.temperature = 0.9f, .top_k = 300, .top_p = 0.95f, .min_p = 0.001f, .repeat_penalty = 1.1f, .frequency_penalty = 0.1f};
    const auto             run = [&] {
        auto s = sampler::make(o, logits.size(), 0x123456789abcdefu);
        REQUIRE(s);
        std::uint64_t hash = 14695981039346656037u;
        for (int i = 0; i < 500; ++i) {
            const token_id token = *s->sample(logits);
            s->accept(token);
            hash = (hash ^ static_cast<std::uint64_t>(token)) * 1099511628211u;
        }
        return hash;
    };
    const auto     hash   = run();
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040 | 0x4000);  // flush-to-zero, denormals-are-zero, round up
    const auto changed = run();
    _mm_setcsr(before);
    CHECK(hash == changed);
    CHECK(hash == 7816159055987737578u);
}

TEST_CASE("the penalties follow their formulas: the penalised logit lies between two neighbours") {
    struct formula {
        sampling_options options;
        float            logit;
        int              n_seen;
        float            expected;
    };
    const formula formulas[] = {
        {{.repeat_penalty = 2.0f}, -1.0f, 1, -2.0f},
        {{.repeat_penalty = 2.0f}, -1.0f, 5, -2.0f},  // once, however often seen
        {{.repeat_penalty = 2.0f}, 3.0f, 2, 1.5f},
        {{.repeat_penalty = 0.5f}, -1.0f, 1, -0.5f},
        {{.frequency_penalty = 0.4f}, 1.0f, 3, -0.2f},
        {{.presence_penalty = 0.4f}, 1.0f, 3, 0.6f},
        {{.repeat_penalty = 2.0f, .frequency_penalty = -0.5f, .presence_penalty = 0.25f}, 1.0f, 2, 1.25f},  // 1/2 + 1 - 1/4
    };
    for (const auto& f : formulas) {
        CAPTURE(f.expected);
        for (const float other : {f.expected - 0.01f, f.expected + 0.01f}) {  // greedy compares it with token 4
            std::vector<float> logits(V, -100.0f);
            logits[3] = f.logit;
            logits[4] = other;
            auto s    = sampler::make(f.options, V, 1);
            REQUIRE(s);
            for (int i = 0; i < f.n_seen; ++i) s->accept(3);
            CHECK(*s->sample(logits) == (other > f.expected ? 4 : 3));
        }
    }
}
