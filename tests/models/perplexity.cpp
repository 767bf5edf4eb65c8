// Perplexity of a text by the protocol of the shared test data, which also has the exact figures (float64 on the decoded weights, from elsewhere).

#include <fstream>
#include <sstream>

#include "reference/numbers.hpp"
#include "support/models.hpp"

using namespace plume;
using namespace plume::test;

namespace {

struct file_figure {
    const char* type;
    double      exact;
};

constexpr file_figure figures[] = {
    {"f32", 833.5191},    {"f16", 833.5042},     {"bf16", 833.7671},   {"iq1_m", 1149.9176},  {"iq1_s", 818.5625},  {"iq2_s", 844.8745},
    {"iq2_xs", 871.9845}, {"iq2_xxs", 845.5744}, {"iq3_s", 830.7291},  {"iq3_xxs", 834.6241}, {"iq4_nl", 820.7798}, {"iq4_xs", 821.4773},
    {"mxfp4", 843.8561},  {"q2_k", 869.5079},    {"q3_k_s", 836.6146}, {"q4_0", 834.9682},    {"q4_1", 839.2499},   {"q4_k_s", 840.1069},
    {"q5_0", 831.6233},   {"q5_1", 830.9906},    {"q5_k_s", 847.6247}, {"q6_k", 834.0610},    {"q8_0", 834.0008},
};

constexpr std::size_t context = 128;

std::vector<std::vector<token_id>> chunks_of(const std::string& folder, const tokenizer& t) {
    std::stringstream text;
    text << std::ifstream(folder + "/models/text.txt").rdbuf();
    return reference::chunks(t.encode(text.str()).or_throw(), context, t.wants_bos() ? t.bos() : -1);
}

double library_perplexity(const model& m, const std::vector<std::vector<token_id>>& all, kv_type kv) {
    auto s = m.new_session({.context_tokens = context, .kv_type = kv}).or_throw();
    return reference::perplexity(all, [&](const std::vector<token_id>& chunk) {
        s.reset();
        s.prefill(std::span(chunk).first(context / 2)).or_throw();
        std::vector<float> rows;
        s.score(std::span(chunk).subspan(context / 2), [&](std::size_t, std::span<const float> row) {
             return rows.insert(rows.end(), row.begin(), row.end()), true;
         }).or_throw();
        return reference::as_matrix(rows, context / 2);
    });
}

double share_off(double got, double want) { return std::abs(got / want - 1); }

}  // namespace

TEST_CASE("perplexity of the tiny files agrees with the exact figures up to what each mode's precision explains") {
    PLUME_NEEDS_SHARED_DATA(folder)
    for (const auto& [type, exact] : figures) {
        CAPTURE(type);
        const std::string path = folder + "/models/tiny/tiny-" + type + ".gguf";
        const model       a16 = load(path, {.activations = activations::a16}).or_throw(), usual = load(path).or_throw();
        const auto        all = chunks_of(folder, a16.tokenizer());
        REQUIRE(all.size() == 15);
        const bool floats = std::string_view(type) == "f32" || std::string_view(type) == "f16" || std::string_view(type) == "bf16";
        CHECK(share_off(library_perplexity(a16, all, kv_type::f32), exact) < (floats ? 0.00005 : 0.0002));
        CHECK(share_off(library_perplexity(usual, all, kv_type::f16), exact) < 0.003);
    }
}

TEST_CASE("the double-precision reference gives the exact figures") {
    PLUME_NEEDS_SHARED_DATA(folder)
    if (!reference::fast_build) {
        MESSAGE("SKIPPED: this build is not for speed");
        return;
    }
    for (const auto& [type, exact] : figures) {
        CAPTURE(type);
        const auto file = io::gguf::open(folder + "/models/tiny/tiny-" + type + ".gguf").or_throw();
        const auto m    = reference::llama::load(file).or_throw();
        const auto all  = chunks_of(folder, tokenizer::from_gguf(file).or_throw());
        const auto got  = reference::perplexity(all, [&](const auto& chunk) { return m.logits(chunk, {}, context / 2); });
        CHECK(std::abs(got - exact) < 2e-4);  // the figures have four digits behind the point
    }
}

TEST_CASE("perplexity of stories260K is 4.1632") {
    PLUME_NEEDS_SHARED_DATA(folder)
    const std::string path = folder + "/models/stories260K/stories260K.gguf";
    const model       m    = load(path).or_throw();
    const auto        all  = chunks_of(folder, m.tokenizer());
    CHECK(std::abs(library_perplexity(m, all, kv_type::f16) - 4.1632) < 0.0005);
    CHECK(std::abs(library_perplexity(m, all, kv_type::f32) - 4.1632) < 0.0001);
    if (!reference::fast_build) return;
    const auto exact = reference::llama::load(io::gguf::open(path).or_throw()).or_throw();
    CHECK(std::abs(reference::perplexity(all, [&](const auto& chunk) { return exact.logits(chunk, {}, context / 2); }) - 4.1632) < 1e-4);
}
