#include "reference/llama.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

#include "reference/numbers.hpp"
#include "support/models.hpp"

using namespace plume;
using namespace plume::test;

namespace {

nlohmann::json golden_llama() { return nlohmann::json::parse(std::ifstream(PLUME_GOLDEN "/llama.json")); }

/// The file of one golden case: the same weights as transformers had.
gguf_writer golden_model(const nlohmann::json& options, std::size_t vocabulary) {
    tiny_options o{.tokens = vocabulary};
    o.layers      = options.value("layers", o.layers);
    o.d           = options.value("d", o.d);
    o.heads       = options.value("heads", o.heads);
    o.kv_heads    = options.value("kv_heads", o.kv_heads);
    o.head        = options.value("head", o.head);
    o.ffn         = options.value("ffn", o.ffn);
    o.tied        = options.value("tied", o.tied);
    o.biases      = options.value("biases", o.biases);
    o.rope_freqs  = options.value("rope_freqs", o.rope_freqs);
    o.rms_epsilon = options.value("rms_epsilon", o.rms_epsilon);
    o.rope_base   = options.value("rope_base", o.rope_base);
    o.seed        = options.value("seed", o.seed);
    auto w        = tiny_model(o);
    if (options.contains("rope_factor")) w.set("llama.rope.scaling.type", "linear").set("llama.rope.scaling.factor", options["rope_factor"].get<float>());
    return w;
}

/// Logits [T, V] against what the golden file has of them: the last row, and each row's sum and sum of squares.
/// The root of the summed squared deviations; NaN if any number is.
double deviation(const reference::matrix& got, const nlohmann::json& want) {
    double     squares = 0;
    const auto add     = [&](double a, double b) { squares += (a - b) * (a - b); };
    for (Eigen::Index i = 0; i < got.cols(); ++i) add(got(got.rows() - 1, i), want["last"][static_cast<std::size_t>(i)]);
    for (Eigen::Index t = 0; t < got.rows(); ++t) {
        add(got.row(t).sum(), want["sums"][static_cast<std::size_t>(t)]);
        add(got.row(t).squaredNorm(), want["squares"][static_cast<std::size_t>(t)]);
    }
    return std::sqrt(squares);
}

}  // namespace

TEST_CASE("the double-precision reference equals transformers in float64") {
    const auto all    = golden_llama();
    const auto tokens = all["tokens"].get<std::vector<token_id>>();
    REQUIRE(all["cases"].size() >= 7);
    for (const auto& c : all["cases"]) {
        CAPTURE(c["name"].get<std::string>());
        auto       file      = golden_model(c["options"], all["vocabulary"]).build();
        const auto reference = reference::llama::load(io::gguf::from_memory(as_bytes(file.data)).or_throw()).or_throw();
        REQUIRE(static_cast<std::size_t>(reference.vocabulary_size()) == c["last"].size());
        const auto got = reference.logits(tokens);
        // 300 logits near 1 with 10 digits and 80 sums near 300 with 12: rounded by at most 5e-10 each. Double rounding is far below.
        const double bound = std::sqrt(380.0) * 5e-10;
        CHECK(deviation(got, c) < bound);
        CHECK(reference::nmse(reference.logits(tokens, {}, tokens.size() - 1), got.bottomRows(1)) < 1e-28);  // the last row alone

        auto swapped = tokens;
        std::swap(swapped[3], swapped[4]);  // positions count: RoPE is at work
        CHECK(deviation(reference.logits(swapped), c) > 0.01);
        file.data[file.data.size() - 97] ^= std::byte{0x40};  // the highest bit of the exponent of one of the last weights
        CHECK_FALSE(deviation(reference::llama::load(io::gguf::from_memory(as_bytes(file.data)).or_throw()).or_throw().logits(tokens), c) < bound);
    }
}

TEST_CASE("quantised activations have the codes of their definition") {
    CHECK(reference::largest_code(activations::a8, reference::role::qkv) == 127);
    CHECK(reference::largest_code(activations::a16, reference::role::down) == 16'319);
    CHECK(reference::largest_code(activations::mixed, reference::role::o) == 16'319);
    CHECK(reference::largest_code(activations::mixed, reference::role::head) == 16'319);
    CHECK(reference::largest_code(activations::mixed, reference::role::gate_up) == 127);
    reference::matrix x = reference::matrix::Zero(1, 96);  // the second block stays zero
    x(0, 0)             = -127;
    x(0, 1)             = 0.5;  // half to even
    x(0, 2)             = 1.5;
    x(0, 3)             = 2.51;
    x(0, 64)            = 1e-3;  // alone in its block: exact
    const auto y        = reference::quantised(x, 127);
    CHECK(y(0, 0) == -127);
    CHECK(y(0, 1) == 0);
    CHECK(y(0, 2) == 2);
    CHECK(y(0, 3) == 3);
    CHECK(y.row(0).segment(32, 32).isZero(0));
    CHECK(y(0, 64) == doctest::Approx(1e-3).epsilon(1e-15));
}

TEST_CASE("quantised activations are off by a twelfth of a squared step in the mean") {
    reference::matrix x(50, 320);
    for (Eigen::Index i = 0; i < x.size(); ++i) {  // near to normal: the sum of 12 uniform numbers
        x.data()[i] = 0;
        for (std::uint64_t j = 0; j < 12; ++j) x.data()[i] += random_unit(3, static_cast<std::uint64_t>(i) * 12 + j);
    }
    for (const double qmax : {127.0, 16'319.0}) {
        const reference::matrix y     = reference::quantised(x, qmax);
        double                  steps = 0, worst = 0;
        for (Eigen::Index t = 0; t < x.rows(); ++t)
            for (Eigen::Index b = 0; b < x.cols(); b += 32) {
                const double step = x.row(t).segment(b, 32).cwiseAbs().maxCoeff() / qmax;
                steps += (y - x).row(t).segment(b, 32).squaredNorm() / (step * step);
                worst = std::max(worst, (y - x).row(t).segment(b, 32).cwiseAbs().maxCoeff() / step);
            }
        CHECK(worst <= 0.5 + 1e-9);
        // 31 of 32 elements: the largest is exact. The variance of a squared uniform error is 1/180: four standard deviations of 16,000.
        CHECK(std::abs(steps / static_cast<double>(x.size()) - 31.0 / 32 / 12) < 4 / std::sqrt(180.0 * static_cast<double>(x.size())));
    }
}

TEST_CASE("the library's logits on float weights equal transformers' within f32 rounding") {
    const auto all    = golden_llama();
    const auto tokens = all["tokens"].get<std::vector<token_id>>();
    for (const auto& c : all["cases"]) {
        CAPTURE(c["name"].get<std::string>());
        const auto        file = golden_model(c["options"], all["vocabulary"]).build();
        const auto        last = c["last"].get<std::vector<double>>();
        const model       m    = load_memory(as_bytes(file.data)).or_throw();
        const auto        got  = all_logits(m, tokens, {.kv_type = kv_type::f32});
        const std::size_t V = last.size(), D = m.config().D;
        REQUIRE(got.size() == tokens.size() * V);
        double error = 0, size = 0, error_of_previous = 0;
        for (std::size_t i = 0; i < V; ++i) {
            error += std::pow(got[(tokens.size() - 1) * V + i] - last[i], 2);
            error_of_previous += std::pow(got[(tokens.size() - 2) * V + i] - last[i], 2);
            size += last[i] * last[i];
        }
        // A chain of n fused multiply-adds is off by about sqrt(n)·2^-24, and the 8 chains of a layer and those at both ends add up at worst.
        const double chains = 8.0 * static_cast<double>(m.config().L) + 2, longest = static_cast<double>(std::max(D, m.config().F));
        CHECK(error / size < std::pow(chains * std::sqrt(longest) * 0x1p-24, 2));
        CHECK(error_of_previous / size > 0.1);  // another row is far away
    }
}
