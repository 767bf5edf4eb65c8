#include <plume/session.hpp>

#include <chrono>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "support/models.hpp"

using namespace plume;
using namespace plume::test;

namespace {

model tied_model(load_options o = {}) {
    static const auto file = tiny_model({.tied = true}).build().data;
    return load_memory(as_bytes(file), std::move(o)).or_throw();
}

bool same(std::span<const float> a, std::span<const float> b) { return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0; }

std::vector<float> copy(std::span<const float> a) { return {a.begin(), a.end()}; }

}  // namespace

TEST_CASE("prefill, decode, score, append, rewind and fork all give the same bits for the same tokens") {
    const model m   = tied_model();
    const auto  V   = m.config().V;
    const auto  ids = some_tokens(40, V);
    const auto  all = all_logits(m, ids);
    const auto  row = [&](std::size_t t) { return std::span(all).subspan(t * V, V); };

    auto s = m.new_session({.prefill_chunk = 7}).or_throw();
    CHECK(same(s.prefill(std::span(ids).first(30)).or_throw(), row(29)));
    for (std::size_t t = 30; t < 40; ++t) CHECK(same(s.decode(ids[t]).or_throw(), row(t)));

    s.rewind(17).or_throw();
    CHECK(s.tokens().size() == 17);
    CHECK(same(s.decode(ids[17]).or_throw(), row(17)));

    auto branch = s.fork().or_throw();
    CHECK(same(branch.prefill(std::span(ids).subspan(18)).or_throw(), row(39)));
    const auto other = copy(s.decode((ids[18] + 1) % static_cast<token_id>(V)).or_throw());  // the fork went its own way
    CHECK_FALSE(same(other, row(18)));
    s.rewind(18).or_throw();
    s.append(ids[18]).or_throw();
    s.append(ids[19]).or_throw();
    CHECK(s.tokens().size() == 20);
    CHECK(same(s.prefill({}).or_throw(), row(19)));  // computes what was held
    s.reset();
    CHECK(s.tokens().empty());
    CHECK(same(s.prefill(ids).or_throw(), row(39)));
}

TEST_CASE("a context across several attention splits gives the same bits by prefill and by decode") {
    const auto  file = tiny_model({.layers = 1, .d = 32, .heads = 2, .kv_heads = 1, .ffn = 32, .context = 4096}).build().data;
    const model m    = load_memory(as_bytes(file)).or_throw();
    const auto  ids  = some_tokens(2100, m.config().V);
    auto        once = m.new_session().or_throw(), steps = m.new_session({.prefill_chunk = 50}).or_throw();
    const auto  want = copy(once.prefill(ids).or_throw());
    steps.prefill(std::span(ids).first(1015)).or_throw();
    for (std::size_t t = 1015; t < 1030; ++t) steps.decode(ids[t]).or_throw();  // over the first border, at 1,024
    steps.prefill(std::span(ids).subspan(1030, 1015)).or_throw();
    for (std::size_t t = 2045; t < 2099; ++t) steps.decode(ids[t]).or_throw();
    CHECK(same(steps.decode(ids.back()).or_throw(), want));
}

TEST_CASE("what cannot be done is an error with the numbers, and the session stays as it was") {
    const model m   = tied_model();
    const auto  V   = static_cast<token_id>(m.config().V);
    auto        s   = m.new_session({.context_tokens = 20}).or_throw();
    const auto  ids = some_tokens(15, m.config().V);
    s.prefill(ids).or_throw();

    const auto refused = [&](auto r, code c, std::string_view part) {
        REQUIRE_FALSE(r);
        CHECK(r.error().code() == c);
        CHECK_MESSAGE(r.error().message().find(part) != std::string::npos, r.error().message());
        CHECK(s.tokens().size() == 15);
    };
    refused(s.prefill(some_tokens(6, m.config().V)), code::context_full, "at most 5 tokens (of 20, 15 are held)");
    refused(s.decode(V), code::token_out_of_range, "0 to " + std::to_string(V - 1));
    refused(s.decode(-1), code::token_out_of_range, "-1");
    refused(s.prefill({}), code::invalid_argument, "no tokens");
    refused(s.rewind(16), code::invalid_argument, "0 to 15");
    refused(s.score(ids, {}), code::invalid_argument, "function");
    std::stop_source stop;
    stop.request_stop();
    refused(s.decode(1, {.stop = stop.get_token()}), code::cancelled, "stopped");
    refused(s.decode(1, {.on_progress = [](double) { return false; }}), code::cancelled, "stopped");
    CHECK_THROWS_WITH((void)s.decode(1, {.on_progress = [](double) -> bool { throw std::runtime_error("mine"); }}), "mine");
    CHECK(s.tokens().size() == 15);

    auto fresh = m.new_session({.context_tokens = 20}).or_throw();
    fresh.prefill(ids).or_throw();
    CHECK(same(s.decode(3).or_throw(), fresh.decode(3).or_throw()));  // no trace of all that

    session moved = std::move(s);
    CHECK(moved.tokens().size() == 16);
    const auto after = s.decode(1);  // NOLINT(bugprone-use-after-move): that is the test
    REQUIRE_FALSE(after);
    CHECK(after.error().code() == code::wrong_state);
}

TEST_CASE("every numeric session option has a range, and what is outside is refused by name") {
    const model m = tied_model();
    for (const std::size_t bad : {std::size_t(-1), std::size_t{1} << 40}) {
        const auto s = m.new_session({.context_tokens = bad});
        REQUIRE_FALSE(s);
        CHECK(s.error().message().find("context_tokens") != std::string::npos);
    }
    for (const std::size_t bad : {std::size_t{0}, std::size_t{4097}, std::size_t(-1)}) {
        const auto s = m.new_session({.prefill_chunk = bad});
        REQUIRE_FALSE(s);
        CHECK(s.error().message().find("prefill_chunk") != std::string::npos);
    }
    auto one = m.new_session({.context_tokens = 1}).or_throw();
    CHECK(one.decode(1));
    CHECK_FALSE(one.decode(1));

    std::string said;
    (void)m
        .new_session({.context_tokens = 300,
                      .on_notice =
                          [&](notice n, std::string_view text) {
                              CHECK(n == notice::context_above_models);
                              said = text;
                          }})
        .or_throw();
    CHECK(said.find("300") != std::string::npos);
    CHECK(said.find("256") != std::string::npos);
}

TEST_CASE("a session that would not fit in memory is refused before it is allocated, and the message says what would fit") {
    const model m = tied_model();
    const auto  s = m.new_session({.context_tokens = std::size_t{1} << 26, .kv_type = kv_type::f32});  // 64 Mi tokens: 64 GiB and more
    REQUIRE_FALSE(s);
    CHECK(s.error().code() == code::out_of_memory);
    CHECK_MESSAGE(s.error().message().find("would fit") != std::string::npos, s.error().message());
}

TEST_CASE("a weight that is not finite is an error of the computation, not a number") {
    auto        file = tiny_model().build();
    const float nan  = std::nanf("");
    std::memcpy(file.data.data() + file.data.size() - 64 * 4, &nan, 4);  // in the last row of the head
    auto       s = load_memory(as_bytes(file.data)).or_throw().new_session().or_throw();
    const auto r = s.decode(1);
    REQUIRE_FALSE(r);
    CHECK(r.error().code() == code::not_finite);
    CHECK(s.tokens().empty());
}

TEST_CASE("a prefill can be stopped from another thread at any moment, and the next call equals a fresh run") {
    const auto  file    = tiny_model({.layers = 4, .d = 128, .ffn = 512, .context = 2048}).build().data;
    const model m       = load_memory(as_bytes(file), {.threads = 2}).or_throw();
    const auto  ids     = some_tokens(1500, m.config().V);
    auto        s       = m.new_session().or_throw();
    const auto  want    = copy(s.prefill(ids).or_throw());
    int         stopped = 0;
    for (int i = 0; i < 20; ++i) {
        s.reset();
        std::stop_source stop;
        std::jthread     later([&] { std::this_thread::sleep_for(std::chrono::microseconds(2000 * i)), stop.request_stop(); });
        const auto       r = s.prefill(ids, {.stop = stop.get_token()});
        if (!r) {
            ++stopped;
            CHECK(r.error().code() == code::cancelled);
            CHECK(s.tokens().empty());
        }
    }
    CHECK(stopped > 0);
    s.reset();
    CHECK(same(s.prefill(ids).or_throw(), want));
}

TEST_CASE("eight sessions on one model at the same time give what each gives alone" * doctest::test_suite("threads")) {
    const model                     m = tied_model({.threads = 4});
    std::vector<std::vector<float>> want(8), got(8);
    const auto                      run = [&](std::size_t i) {
        auto       s   = m.new_session({.prefill_chunk = 5 + i}).or_throw();
        const auto ids = some_tokens(60, m.config().V, i);
        s.prefill(std::span(ids).first(40)).or_throw();
        for (std::size_t t = 40; t < 59; ++t) s.decode(ids[t]).or_throw();
        return copy(s.decode(ids[59]).or_throw());
    };
    for (std::size_t i = 0; i < 8; ++i) want[i] = run(i);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < 8; ++i)
            threads.emplace_back([&, i] {
                for (int again = 0; again < 5; ++again) got[i] = run(i);
            });
    }
    for (std::size_t i = 0; i < 8; ++i) CHECK(same(got[i], want[i]));
    CHECK_FALSE(same(want[0], want[1]));
}
