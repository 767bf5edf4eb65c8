// Absurd hyper-parameters of every architecture (failure class 4), and what is not supported, by name.

#include <limits>
#include <set>

#include "support/bad_file.hpp"
#include "support/golden_families.hpp"

using namespace plume;
using namespace plume::test;

namespace {

/// Neither crash nor silence: an error that names something and says what next, or a model that computes or says why not.
void check_absurd(const gguf_writer& w, const std::string& what) {
    CAPTURE(what);
    const auto file = w.build().data;
    const auto m    = load_memory(as_bytes(file), {.threads = 1});
    if (!m) {
        CHECK_MESSAGE(m.error().group() == code_group::format, m.error().message());
        CHECK_FALSE(m.error().hint().empty());
        return;
    }
    auto s = m->new_session({.context_tokens = 8, .prefill_chunk = 3});
    if (!s) return;
    const auto ran = s->prefill(std::vector<token_id>{0, 2, 1, 7});
    CHECK((ran || ran.error().code() == code::not_finite));
}

std::string error_with(std::string_view name, const std::function<void(gguf_writer&)>& change) {
    auto w = file_of(golden_case(name));
    change(w);
    const auto file = w.build().data;
    const auto m    = load_memory(as_bytes(file), {.threads = 1});
    return m ? "" : m.error().message();
}

bool mentions(const std::string& message, std::initializer_list<const char*> parts) {
    return std::all_of(parts.begin(), parts.end(), [&](const char* part) { return message.find(part) != std::string::npos; });
}

}  // namespace

TEST_CASE("zero, negative, absurd and mistyped values of every key of every architecture give an error or a model") {
    constexpr auto        inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    std::set<std::string> done;  // of an architecture's cases the first that has a key
    for (const auto& c : golden_families()["cases"]) {
        const auto sound = file_of(c);
        for (const auto& [name, value] : c["keys"].items()) {
            const std::string key = std::string(c["architecture"]) + '.' + name, what = std::string(c["name"]) + ": " + key;
            if (!done.insert(key).second) continue;
            const auto with = [&](auto other) {
                auto w = sound;
                w.set(key, other);
                check_absurd(w, what);
            };
            if (value.is_number_float()) {
                for (const float x : {0.0f, -1.0f, inf, nan, 1e-38f, 3e38f}) with(x);
                with(7u);
                with("1");
            } else {
                for (const std::uint32_t n : {0u, 1u, 3u, 65'536u, 0x8000'0000u, 0xffff'ffffu}) with(n);
                with(std::int32_t{-1});
                with(std::numeric_limits<std::uint64_t>::max());
                with(1.5f);
            }
            with(std::vector<float>{});
        }
    }
}

TEST_CASE("a tensor that is missing from any architecture is named, and so is one too many") {
    for (const auto& c : golden_families()["cases"]) {
        const auto sound = file_of(c);
        for (const auto& t : sound.tensors) {
            if (t.name == "output.weight" || t.name.ends_with(".bias") || t.name.find("blk.1") == std::string::npos) continue;  // those may be missing
            auto w = sound;
            w.erase_tensor(t.name);
            const auto file = w.build().data;
            const auto m    = load_memory(as_bytes(file), {.threads = 1});
            CAPTURE(t.name);
            if (m) {  // a norm or a kind of feed-forward that some models of the architecture do without
                CHECK((t.name.find("norm") != std::string::npos || t.name.find("inp_shexp") != std::string::npos));
                continue;
            }
            CHECK_MESSAGE(m.error().message().find("tensor") != std::string::npos, m.error().message());
        }
    }
    CHECK(mentions(error_with("qwen3moe", [](gguf_writer& w) { w.tensor("blk.0.ffn_strange.weight", {64}, 0, bytes_of(std::vector<float>(64, 1.0f))); }),
                   {"blk.0.ffn_strange.weight", "not part of this architecture"}));
}

TEST_CASE("what is not supported is named, with what is") {
    CHECK(mentions(error_with("qwen3moe", [](gguf_writer& w) { w.set("qwen3moe.expert_gating_func", 2u); }),
                   {"qwen3moe.expert_gating_func", "1 (softmax)", "2"}));
    CHECK(mentions(error_with("qwen3moe", [](gguf_writer& w) { w.set("qwen3moe.expert_used_count", 9u); }), {"qwen3moe.expert_used_count", "1 to 8", "9"}));
    CHECK(mentions(error_with("qwen3moe", [](gguf_writer& w) { w.set("qwen3moe.expert_group_count", 2u); }),
                   {"qwen3moe.expert_group_count", "groups of experts"}));
    CHECK(mentions(error_with("qwen2, biases", [](gguf_writer& w) { w.set("qwen2.attention.sliding_window", 64u); }), {"qwen2.attention.sliding_window"}));
    CHECK(mentions(error_with("qwen2, biases", [](gguf_writer& w) { w.set("qwen2.rope.scaling.type", "dynamic"); }),
                   {"qwen2.rope.scaling.type", "none, linear, yarn or longrope", "dynamic"}));
    CHECK(mentions(error_with("olmo3, windows, YaRN in global layers",
                              [](gguf_writer& w) {
                                  w.set("olmo2.attention.sliding_window_pattern", std::vector<bool>{true, false});
                              }),
                   {"olmo2.attention.sliding_window_pattern", "5 booleans", "2 of bool"}));
    CHECK(mentions(error_with("phi3, LongRoPE's long factors, partial", [](gguf_writer& w) { w.erase_tensor("rope_factors_short.weight"); }),
                   {"rope_factors_short.weight", "missing"}));
    CHECK(mentions(error_with("qwen2, biases", [](gguf_writer& w) { w.set("general.architecture", "mamba"); }), {"mamba", "gemma3", "llama", "qwen3moe"}));
}

TEST_CASE("a number of key heads for each layer is one number, or refused") {
    const auto key  = "granite.attention.head_count_kv";
    const auto with = [&](const std::vector<std::uint32_t>& heads) { return error_with("granite, multipliers", [&](gguf_writer& w) { w.set(key, heads); }); };
    CHECK(with({2, 2, 2, 2}).empty());
    CHECK(mentions(with({2, 2, 0, 2}), {key, "the same for all layers", "layer 2"}));
    CHECK(mentions(with({2, 2, 2}), {key, "4 numbers from 1 to 4096", "3 of u32"}));
    CHECK(mentions(with({}), {key, "0 of u32"}));
    CHECK(mentions(with({0, 0, 0, 0}), {key, "4 of u32, 0"}));
    CHECK(mentions(error_with("granite, multipliers", [&](gguf_writer& w) { w.set(key, std::vector<float>(4, 2.0f)); }), {key, "4 of f32"}));
}

TEST_CASE("learned positions end a context: a longer session is refused with the number") {
    const auto file = file_of(golden_case("gpt2")).build().data;
    const auto m    = load_memory(as_bytes(file), {.threads = 1}).or_throw();
    CHECK(m.new_session({.context_tokens = 64}));
    const auto s = m.new_session({.context_tokens = 65});
    REQUIRE_FALSE(s);
    CHECK(mentions(s.error().message(), {"context_tokens", "1 to 64", "65"}));
}

TEST_CASE("LongRoPE's factors follow the session's context, not what has been said so far") {
    const auto file = file_of(golden_case("phi3, LongRoPE's long factors, partial")).build().data;  // original context 32
    const auto m    = load_memory(as_bytes(file), {.threads = 1}).or_throw();
    const auto hash = [&](std::size_t context) { return hash_of(all_logits(m, some_tokens(20, 300), {.context_tokens = context, .kv_type = kv_type::f32})); };
    CHECK(hash(32) == hash(20));
    CHECK(hash(33) == hash(200));
    CHECK(hash(32) != hash(33));
}
