#include <map>

#include "reference/llama.hpp"
#include "support/golden_families.hpp"

using namespace plume;
using namespace plume::test;

namespace {

struct seen_input {
    std::size_t              D = 0;
    std::vector<double>      squares;  // [of, D]
    std::vector<std::size_t> vectors;  // [of]
};
using seen_inputs = std::map<std::string, seen_input, std::less<>>;

input_fn count_into(seen_inputs& all) {
    return [&all](const matrix_input& in) {
        REQUIRE(in.index < in.of);
        auto& c = all[std::string(in.tensor)];
        c.D     = in.D;
        c.squares.resize(in.of * in.D);
        c.vectors.resize(in.of);
        for (std::size_t t = 0; t < in.T; ++t)
            for (std::size_t i = 0; i < in.D; ++i) c.squares[in.index * in.D + i] += double{in.x[t * in.x_stride + i]} * double{in.x[t * in.x_stride + i]};
        c.vectors[in.index] += in.T;
    };
}

std::size_t total(const std::vector<std::size_t>& n) { return std::accumulate(n.begin(), n.end(), std::size_t{0}); }

}  // namespace

// Tolerance: an activation in f32 is off by some 2^-24 · sqrt(D) a layer of its size, a square by twice that; in front of quantised weights the reference
// rounds as the library does, but a value on the edge between two codes may go the other way: one step of 1/16,319 of its block.
TEST_CASE_TEMPLATE("on_input sees what the double reference multiplies each matrix with", Format, quant::f32, quant::q8_0) {
    tiny_options shape{.layers = 3, .biases = true};
    if constexpr (!quant::float_format<Format>) shape.matrices = tiny_format_of<Format>();
    const auto  file = tiny_model(shape).build().data;
    const model m    = load_memory(as_bytes(file), {.threads = 2, .activations = activations::a16}).or_throw();
    const auto  ids  = some_tokens(50, m.config().V);
    seen_inputs seen;
    for (const std::size_t chunk : {50, 7}) {
        seen.clear();
        auto s = m.new_session({.kv_type = kv_type::f32, .prefill_chunk = chunk, .on_input = count_into(seen)}).or_throw();
        s.prefill(ids).or_throw();
        std::map<std::string, reference::row, std::less<>> want;
        const auto                                         exact = reference::llama::load(io::gguf::from_memory(as_bytes(file)).or_throw()).or_throw();
        (void)exact.logits(ids, {.activations = activations::a16, .squares = &want}, ids.size() - 1);
        REQUIRE(seen.size() == want.size());
        for (const auto& one : want) {
            const std::string& name    = one.first;
            const auto&        squares = one.second;
            CAPTURE(name);
            const auto& got = seen[name];
            REQUIRE(got.squares.size() == static_cast<std::size_t>(squares.size()));
            CHECK(got.vectors[0] == (name == "output.weight" ? 1 : ids.size()));
            double worst = 0;
            for (Eigen::Index i = 0; i < squares.size(); ++i)
                worst = std::max(worst, std::abs(got.squares[static_cast<std::size_t>(i)] - squares[i]) / squares.maxCoeff());
            CHECK(worst < (quant::float_format<Format> ? 1e-5 : 1e-3));
            CHECK(std::abs(squares.maxCoeff() - squares.minCoeff()) > 0.1 * squares.maxCoeff());  // else a sum in the wrong column would not be seen
        }
    }
}

TEST_CASE("on_input sees every matrix of every architecture, every token at as many experts as it meets, and changes no bit") {
    const std::vector<token_id> ids = golden_families()["tokens"];
    for (const auto& c : golden_families()["cases"]) {
        const std::string name = c["name"];
        CAPTURE(name);
        const auto  file = file_of(c).build().data;
        const model m    = load_memory(as_bytes(file), {.threads = 1}).or_throw();
        seen_inputs seen;
        const auto  plain = all_logits(m, ids, {.context_tokens = 64}), watched = all_logits(m, ids, {.context_tokens = 64, .on_input = count_into(seen)});
        CHECK(hash_of(watched) == hash_of(plain));

        const auto  header = io::gguf::from_memory(as_bytes(file)).or_throw();
        std::size_t mixed  = 0;
        for (const auto& t : header.tensors()) {
            if (!t.name.starts_with("blk.") || !t.name.ends_with(".weight") || t.n_dims < 2 || t.name.find("_norm") != std::string::npos) continue;
            CAPTURE(t.name);
            const auto found = seen.find(t.name);
            REQUIRE(found != seen.end());
            CHECK(found->second.D == t.dims[0]);
            CHECK(found->second.vectors.size() == t.dims[2]);
            CHECK(total(found->second.vectors) == ids.size() * (t.dims[2] > 1 ? m.config().experts.used : 1));
            if (t.name.find("ffn_up_exps") == std::string::npos) continue;
            // The experts together have seen what the router saw, each token `used` times.
            const auto& router = seen[t.name.substr(0, t.name.find("ffn_up_exps")) + "ffn_gate_inp.weight"];
            for (std::size_t i = 0; i < router.D; ++i) {
                double sum = 0;
                for (std::size_t x = 0; x < t.dims[2]; ++x) sum += found->second.squares[x * router.D + i];
                CHECK(sum == doctest::Approx(static_cast<double>(m.config().experts.used) * router.squares[i]).epsilon(1e-9));
            }
            ++mixed;
        }
        CHECK((mixed > 0) == (m.config().experts.n > 0));
    }
}
