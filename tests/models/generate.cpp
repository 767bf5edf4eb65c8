#include <plume/generate.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "src/dispatch.hpp"
#include "support/models.hpp"

using namespace plume;
using namespace plume::test;

namespace {

model small_model(tiny_options o = {}) {
    const auto file = tiny_model(o).build().data;
    return load_memory(as_bytes(file)).or_throw();
}

struct answer {
    std::string text;
    finish      how;
};

answer ask(session& s, std::string_view prompt, generate_options o) {
    answer a;
    a.how = generate(s, prompt, o, [&](std::string_view piece) { return a.text += piece, true; }).or_throw();
    return a;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \n"), last = text.find_last_not_of(" \n");
    return first == std::string_view::npos ? "" : std::string(text.substr(first, last - first + 1));
}

}  // namespace

TEST_CASE("stories260K tells what the original C program tells, on every target and with 1, 2 and 4 threads") {
    PLUME_NEEDS_SHARED_DATA(folder)
    std::ifstream     in(folder + "/models/stories260K/greedy-257.txt");
    const std::string want = trimmed((std::stringstream() << in.rdbuf()).str());
    REQUIRE(want.size() > 500);
    for (const auto& target : compiled_targets()) {
        if (!target.runs_here() || !target.allowed()) continue;
        for (const std::size_t threads : {1, 2, 4}) {
            auto m = load(folder + "/models/stories260K/stories260K.gguf", {.threads = threads, .cpu_target = target.name}).or_throw();
            auto s = m.new_session({.context_tokens = 512}).or_throw();
            CHECK(trimmed(ask(s, "", {.max_tokens = 257}).text) == want);
        }
    }
}

TEST_CASE("the same seed gives the same text, another seed another one, and the finish says what happened") {
    const model            m = small_model();
    const generate_options warm{.max_tokens = 40, .sampling = {.temperature = 1.0f, .top_k = 50}, .seed = 11, .ignore_end = true};
    auto                   a = m.new_session().or_throw(), b = m.new_session().or_throw(), c = m.new_session().or_throw();
    const auto             first = ask(a, "Dear customer", warm), again = ask(b, "Dear customer", warm);
    auto                   other = warm;
    other.seed                   = 12;
    CHECK(first.text == again.text);
    CHECK(first.text != ask(c, "Dear customer", other).text);
    CHECK(first.how.reason == stop_reason::length);
    CHECK(first.how.generated_tokens == 40);
    CHECK(first.how.prompt_tokens == m.tokenizer().encode("Dear customer").or_throw().size());
    CHECK(first.how.seed == 11);
    CHECK(a.tokens().size() == first.how.prompt_tokens + 40);
}

TEST_CASE("two calls go on as one would") {
    const model            m = small_model();
    auto                   a = m.new_session().or_throw(), b = m.new_session().or_throw();
    const generate_options o{.max_tokens = 12, .ignore_end = true}, whole{.max_tokens = 24, .ignore_end = true};
    const auto             one = ask(a, "Once", whole).text;
    auto                   two = ask(b, "Once", o).text;
    two += ask(b, "", o).text;
    CHECK(std::ranges::equal(a.tokens(), b.tokens()));
    auto c = m.new_session().or_throw();  // asked twice for nothing new: the logits of the last token again
    ask(c, "Once", {.max_tokens = 0});
    CHECK(ask(c, "", whole).text == one);
}

TEST_CASE("a stop string ends the answer before it, wherever tokens cut it, and the session holds only what was handed out") {
    const model m     = small_model();
    auto        plain = m.new_session().or_throw();
    const auto  text  = ask(plain, "Hello", {.max_tokens = 60, .ignore_end = true}).text;
    REQUIRE(text.size() > 30);
    for (std::size_t at : {std::size_t{0}, std::size_t{3}, std::size_t{11}, std::size_t{20}}) {
        const auto next_character = [&](std::size_t i) {
            while (i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) ++i;
            return i;
        };
        at                     = next_character(at);
        const std::string stop = text.substr(at, next_character(at + 7) - at), want = text.substr(0, text.find(stop));
        auto              s = m.new_session().or_throw();
        const auto        a = ask(s, "Hello", {.max_tokens = 60, .stop_strings = {"never there", stop}, .ignore_end = true});
        CHECK(a.text == want);
        CHECK(a.how.reason == stop_reason::stop_string);
        CHECK(s.tokens().size() == a.how.prompt_tokens + a.how.generated_tokens);
        text_stream stream(m.tokenizer(), false, false);
        std::string held;
        for (const token_id id : s.tokens().subspan(a.how.prompt_tokens)) held += stream.push(id);
        CHECK(want.starts_with(held));
        CHECK(want.size() - held.size() < 16);  // less than the token that was cut
    }
}

TEST_CASE("a full context, a refusing callback, a stop and an exception each leave the session with what was handed out") {
    const model m    = small_model();
    auto        s    = m.new_session({.context_tokens = 20}).or_throw();
    const auto  full = ask(s, "Hi", {.max_tokens = 100, .ignore_end = true});
    CHECK(full.how.reason == stop_reason::context_full);
    CHECK(s.tokens().size() == 20);

    s.reset();
    int        pieces  = 0;
    const auto refused = generate(s, "Hi", {.max_tokens = 10, .ignore_end = true}, [&](std::string_view) { return ++pieces < 3; }).or_throw();
    CHECK(refused.reason == stop_reason::stopped);
    CHECK(pieces == 3);
    CHECK(s.tokens().size() == refused.prompt_tokens + refused.generated_tokens);

    s.reset();
    CHECK_THROWS_WITH((void)generate(s, "Hi", {.max_tokens = 10, .ignore_end = true}, [](std::string_view) -> bool { throw std::runtime_error("mine"); }),
                      "mine");
    CHECK(s.tokens().size() > 2);

    s.reset();
    std::stop_source stop;
    const auto       stopped = generate(s, "Hi", {.max_tokens = 10, .ignore_end = true, .stop = stop.get_token()}, [&](std::string_view) {
                             return stop.request_stop(), true;
                         }).or_throw();
    CHECK(stopped.reason == stop_reason::stopped);
    CHECK(s.tokens().size() == stopped.prompt_tokens + stopped.generated_tokens);

    s.reset();
    const auto early = generate(s, "Hi", {.stop = stop.get_token()}).or_throw();  // before the prompt was computed
    CHECK(early.reason == stop_reason::stopped);
    CHECK(early.prompt_tokens == 0);
    CHECK(s.tokens().empty());
}

/// An ordinary token of one letter, and the options that make it every token of the answer.
struct repeated_token {
    token_id         id = -1;
    std::string      text;
    generate_options options{.max_tokens = 10, .ignore_end = true};

    explicit repeated_token(const model& m) {
        for (token_id t = 0; id < 0; ++t)
            if (const auto bytes = m.tokenizer().token_bytes(t); bytes.size() == 1 && bytes[0] >= 'a' && bytes[0] <= 'z') id = t, text = bytes;
        options.sampling.logit_bias = {{id, 1e6f}};
        options.stop_strings        = {text + text + text + "!"};  // holds three of them back
    }
};

TEST_CASE("text that was held back for a stop string is not held by the session after an exception or an error") {
    auto                 file = tiny_model();
    const model          m    = load_memory(as_bytes(file.build().data)).or_throw();
    const repeated_token again(m);
    auto                 s = m.new_session().or_throw();
    CHECK_THROWS_WITH((void)generate(s, "Hi", again.options, [](std::string_view) -> bool { throw std::runtime_error("mine"); }), "mine");
    const std::size_t prompt = m.tokenizer().encode("Hi").or_throw().size();
    CHECK(s.tokens().size() == prompt + 1);  // the fourth pushed the first one out
    CHECK(s.tokens().back() == again.id);

    s.reset();
    std::string text;
    auto        whole = ask(s, "Hi", again.options);
    CHECK(whole.text.size() == 10);  // all that was held back comes at the end
    CHECK(s.tokens().size() == prompt + 10);

    const float nan = std::numeric_limits<float>::quiet_NaN();  // the token is chosen, held back, and then cannot be computed
    std::memcpy(file.find_tensor("token_embd.weight")->data.data() + static_cast<std::size_t>(again.id) * 64 * 4, &nan, sizeof nan);
    const auto  spoilt = file.build().data;
    const model broken = load_memory(as_bytes(spoilt)).or_throw();
    auto        b      = broken.new_session().or_throw();
    const auto  failed = generate(b, "Hi", again.options, [&](std::string_view piece) { return text += piece, true; });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code() == code::not_finite);
    CHECK(text.empty());
    CHECK(b.tokens().size() == prompt);
}

TEST_CASE("going on from nothing new loses no token when the callback stops or throws") {
    const model m = small_model();
    auto        s = m.new_session().or_throw();
    s.prefill(m.tokenizer().encode("Hello there").or_throw()).or_throw();
    const std::vector<token_id> before(s.tokens().begin(), s.tokens().end());
    CHECK_THROWS_WITH((void)generate(s, "", {.on_progress = [](double) -> bool { throw std::runtime_error("mine"); }}), "mine");
    CHECK(std::ranges::equal(s.tokens(), before));
    CHECK(generate(s, "", {.on_progress = [](double) { return false; }}).or_throw().reason == stop_reason::stopped);
    CHECK(std::ranges::equal(s.tokens(), before));
    auto fresh = m.new_session().or_throw();
    fresh.prefill(before).or_throw();
    CHECK(ask(s, "", {.max_tokens = 5, .ignore_end = true}).text == ask(fresh, "", {.max_tokens = 5, .ignore_end = true}).text);
}

TEST_CASE("what cannot be generated is an error that says why") {
    const model m    = small_model();
    auto        s    = m.new_session({.context_tokens = 8}).or_throw();
    const auto  says = [](auto r, std::string_view part) {
        REQUIRE_FALSE(r);
        CHECK_MESSAGE(r.error().message().find(part) != std::string::npos, r.error().message());
    };
    says(generate(s, "a prompt of many more tokens than that context can hold"), "8 tokens");
    says(generate(s, "x", {.sampling = {.temperature = -1.0f}}), "temperature");
    says(generate(s, "x", {.stop_strings = {""}}), "stop string");
    says(generate(s, "x", {.stop_strings = {"caf\xe9"}}), "byte at 3");
    says(generate(s, "", {.add_bos = false}), "empty");
    CHECK(s.tokens().empty());
    const session moved = std::move(s);
    says(generate(s, "x"), "moved from");  // NOLINT(bugprone-use-after-move): that is the test
    says(generate(s, std::vector<token_id>{1}), "moved from");
    CHECK(s.tokens().empty());
}
