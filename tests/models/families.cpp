// Every architecture against Hugging Face transformers: small random models with windows shorter than the text, all scalings of positions at work, more experts
// than are used. tests/golden/make_families.py makes the numbers; the weights come from the same generator.

#include <cmath>
#include <set>

#include <plume/models/architectures.hpp>

#include "support/golden_families.hpp"

using namespace plume;
using namespace plume::test;

namespace {

constexpr std::size_t golden_context = 64;

std::vector<token_id> tokens() { return golden_families()["tokens"]; }

/// What logits [T, V] have in common with the golden numbers: the last row, each row's sum and sum of squares, as a normalised mean square error.
double error_of(std::span<const float> got, const nlohmann::json& c) {
    const std::size_t V = c["last"].size(), T = c["sums"].size();
    double            error = 0, size = 0;
    REQUIRE(got.size() == T * V);
    for (std::size_t i = 0; i < V; ++i) {
        const double want = c["last"][i];
        error += std::pow(got[(T - 1) * V + i] - want, 2);
        size += want * want;
    }
    double of_sums = 0, of_squares = 0, all_sums = 0, all_squares = 0;
    for (std::size_t t = 0; t < T; ++t) {
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < V; ++i) sum += got[t * V + i], squares += static_cast<double>(got[t * V + i]) * got[t * V + i];
        const double want_sum = c["sums"][t], want_squares = c["squares"][t];
        of_sums += std::pow(sum - want_sum, 2), all_sums += std::pow(want_sum, 2);
        of_squares += std::pow(squares - want_squares, 2), all_squares += std::pow(want_squares, 2);
    }
    return std::max({error / size, of_sums / all_sums, of_squares / all_squares});
}

model load_of(const gguf_writer& w) {
    const auto file = w.build().data;
    return load_memory(as_bytes(file), {.threads = 1}).or_throw();
}
std::vector<float> logits_of(const gguf_writer& w, std::size_t chunk = golden_context) {
    return all_logits(load_of(w), tokens(), {.context_tokens = golden_context, .kv_type = kv_type::f32, .prefill_chunk = chunk});
}

/// transformers computes norms, angles and softmax in float32, as plume does all: 1e-13 of each layer, made larger by sharp attention.
constexpr double bound = 1e-9;

}  // namespace

TEST_CASE("the logits of every architecture equal transformers', by prefill in any chunks, by decode, and after rewind") {
    const auto ids = tokens();
    for (const auto& c : golden_families()["cases"]) {
        const std::string name = c["name"];
        CAPTURE(name);
        const auto file  = file_of(c);
        const auto whole = logits_of(file);
        const auto error = error_of(whole, c);
        CAPTURE(error);
        CHECK(error < bound);
        for (const std::size_t chunk : {1, 7}) CHECK(hash_of(logits_of(file, chunk)) == hash_of(whole));

        const model       m    = load_of(file);
        auto              s    = m.new_session({.context_tokens = golden_context, .kv_type = kv_type::f32}).or_throw();
        const std::size_t V    = m.config().V;
        const auto        want = [&](std::size_t t) { return hash_of(std::span(whole).subspan(t * V, V)); };
        s.prefill(std::span(ids).first(20)).or_throw();
        for (std::size_t t = 20; t < ids.size(); ++t) CHECK(hash_of(s.decode(ids[t]).or_throw()) == want(t));
        s.rewind(13).or_throw();
        s.prefill(std::vector<token_id>{5, 4, 3, 2, 5, 4, 3, 2, 5}).or_throw();
        s.rewind(13).or_throw();
        CHECK(hash_of(s.prefill(std::span(ids).subspan(13)).or_throw()) == want(ids.size() - 1));
    }
}

TEST_CASE("there is a golden case of every architecture in the list") {
    std::set<std::string> proved;
    for (const auto& c : golden_families()["cases"]) proved.insert(c["architecture"]);
    for (const auto* a : models::architectures) {
        CAPTURE(a->gguf_name);
        CHECK(proved.contains(std::string(a->gguf_name)));
    }
}

TEST_CASE("every key of a golden case is at work: another value gives other logits") {
    const std::set<std::string> sizes = {"context_length",
                                         "embedding_length",
                                         "block_count",
                                         "feed_forward_length",
                                         "attention.head_count",
                                         "attention.head_count_kv",
                                         "attention.key_length",
                                         "attention.value_length",
                                         "expert_count",
                                         "expert_feed_forward_length",
                                         "expert_shared_feed_forward_length",
                                         "rope.scaling.type"};
    for (const auto& c : golden_families()["cases"])
        for (const auto& [key, value] : c["keys"].items()) {
            if (sizes.contains(key) || (value.is_number() && value == 0)) continue;
            nlohmann::json other = value;
            if (key == "use_parallel_residual") continue;  // other tensors
            if (value.is_boolean())
                other = !value.get<bool>();
            else if (value.is_array())
                other[0] = !other[0].get<bool>();
            else if (key == "rope.dimension_count")
                other = value.get<int>() == 16 ? 14 : value.get<int>() + 2;
            else if (value.is_number_integer())
                other = key == "rope.scaling.original_context_length" ? 2 * value.get<int>() : value.get<int>() + 1;
            else
                other = key.find("epsilon") != std::string::npos ? value.get<double>() * 100 : value.get<double>() * 1.25;
            if (c.contains("given") && key == "rope.dimension_count") continue;  // as many factors
            if (c.contains("given") && key == "rope.scaling.original_context_length") other = value == 32 ? 64 : 32;
            const std::string what = std::string(c["name"]) + ": " + key;
            CAPTURE(what);
            auto file = file_of(c);
            set_key(file, std::string(c["architecture"]) + '.' + key, other);
            CHECK(error_of(logits_of(file), c) > 10 * bound);
        }
}
