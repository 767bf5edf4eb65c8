// How far the library's logits are from the exact ones (double precision on the file's decoded weights), and how far they may be.
//
// The bound. Rounding of activations: an element of a block of 32 with step s (amax/127 in one plane, amax/16,319 in two) is off by at most s/2
// and, as nothing ties its place between two steps to anything else, by s/sqrt(12) in the mean. How such errors travel through a model has no closed
// form, but they can be had exactly: the reference rounds its own activations by the same rule and everything else stays in double. The library then
// draws from the same distribution of errors, though not the same errors: its float arithmetic moves some values across a step, and what follows is
// another draw. So with e[t] the squared error of token t in the simulation, mean e and standard deviation σ over T tokens, the library's
// mean lies within e ± 6·σ·sqrt(2/T) were the tokens independent; later tokens share the rounded keys and values of earlier ones, so that we count
// every second token. Normalised by the mean square of the exact logits that is
//
//     NMSE <= (e + 12·σ/sqrt(T)) / |exact|² + floor, and not below (e - 12·σ/sqrt(T)) / |exact|²:
//
// too small an error would mean that a mode is not what it says. The cache in halves or in q8_0 is part of the simulation.
// On these models of 2 layers NMSE is 1e-4 to 4e-4 in a8, 6e-5 to 2e-4 in mixed and 6e-9 to 3e-8 in a16 with the cache in f32; the slack is 18 to 45 % of it,
// and the library lies within 5 % of the simulation. One rounding of normally distributed inputs is 3e-5 in one plane, E[amax²] / (12·127²) with
// E[amax²] = 5.7 for 32 numbers, and 1.8e-9 in two.
// The floor is what f32 arithmetic adds: a chain of n fused multiply-adds has a relative error of about sqrt(n)·2^-24, and the errors of
// the N chains between embedding and logits add up in the worst case: (N·sqrt(n)·2^-24)².

#include <array>
#include <fstream>
#include <sstream>

#include "reference/numbers.hpp"
#include "support/models.hpp"

using namespace plume;
using namespace plume::test;

namespace {

constexpr activations all_modes[]  = {activations::a8, activations::mixed, activations::a16};
constexpr kv_type     all_caches[] = {kv_type::f16, kv_type::f32, kv_type::q8_0};

struct range {
    double             low, high;
    [[nodiscard]] bool holds(double x) const { return x >= low && x <= high; }
};

/// Where the NMSE must lie, from a simulation of the same rounding; see above.
range explained(const reference::matrix& simulated, const reference::matrix& exact, double floor) {
    const Eigen::ArrayXd e    = (simulated - exact).rowwise().squaredNorm().array();
    const auto           T    = static_cast<double>(e.size());
    const double         mean = e.mean(), sigma = std::sqrt((e - mean).square().sum() / (T - 1)), size = exact.squaredNorm() / T;
    const double         slack = 12 * sigma / std::sqrt(T);
    return {(mean - slack) / size - floor, (mean + slack) / size + floor};
}

double floor_of(const model_config& c) {
    const double chains = 8.0 * static_cast<double>(c.L) + 2, longest = static_cast<double>(std::max({c.D, c.F, c.H * c.E}));
    return std::pow(chains * std::sqrt(longest) * 0x1p-24, 2);
}

/// All modes and caches of one model against what their rounding explains.
template <class Load>
void check_precision(const io::gguf& file, const Load& load_with, std::size_t T) {
    const auto              exact_model = reference::llama::load(file).or_throw();
    const auto              ids         = some_tokens(T, static_cast<std::size_t>(exact_model.vocabulary_size()));
    const reference::matrix exact       = exact_model.logits(ids);
    const bool              quantised   = !quant::find_format(file.find_tensor("blk.0.ffn_up.weight")->type)->is_float;
    const double            floor       = floor_of(load_with(load_options{}).config());
    for (const kv_type kv : all_caches) {
        std::array<range, 3> wanted;
        for (std::size_t i = 0; i < 3; ++i) wanted[i] = explained(exact_model.logits(ids, {all_modes[i], kv}), exact, floor);
        for (std::size_t i = 0; i < 3; ++i) {
            CAPTURE(name(all_modes[i]));
            CAPTURE(name(kv));
            CAPTURE(wanted[i].low);
            CAPTURE(wanted[i].high);
            const model  in_mode = load_with(load_options{.activations = all_modes[i]});
            const auto   logits  = all_logits(in_mode, ids, {.context_tokens = T, .kv_type = kv});
            const double got     = reference::nmse(reference::as_matrix(logits, static_cast<Eigen::Index>(T)), exact);
            CHECK(wanted[i].holds(got));
            // The bounds tell the modes apart: one in place of another would be seen. Slow builds take too few tokens for bounds that narrow,
            // and a cache in q8_0 adds an error of its own that all modes share.
            for (std::size_t other = 0; quantised && reference::fast_build && kv != kv_type::q8_0 && other < 3; ++other)
                if (other != i) CHECK_FALSE(wanted[other].holds(got));
        }
    }
}

/// A file's bytes.
byte_string slurp(const std::string& path) {
    std::ifstream     in(path, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    const auto  text = all.str();
    byte_string bytes;
    append(bytes, text.data(), text.size());
    return bytes;
}

void check_precision(const byte_string& bytes, std::size_t T) {
    check_precision(
        io::gguf::from_memory(as_bytes(bytes)).or_throw(), [&](load_options o) { return load_memory(as_bytes(bytes), std::move(o)).or_throw(); }, T);
}

constexpr std::size_t some = reference::fast_build ? 96 : 40;  // tokens

}  // namespace

TEST_CASE("logits of a model of our own differ from the exact ones by what the activations' precision explains") {
    const std::pair<const char*, tiny_format> formats[] = {{"F32", {}},
                                                           {"Q8_0", tiny_format_of<quant::q8_0>()},
                                                           {"Q4_1", tiny_format_of<quant::q4_1>()},
                                                           {"Q4_K", tiny_format_of<quant::q4_k>()},
                                                           {"Q6_K", tiny_format_of<quant::q6_k>()},
                                                           {"TQ1_0", tiny_ternary<quant::tq1_0>()},
                                                           {"TQ2_0", tiny_ternary<quant::tq2_0>()}};
    for (const auto& format : formats) {
        CAPTURE(format.first);
        check_precision(tiny_model({.d = 256, .heads = 4, .kv_heads = 2, .ffn = 256, .matrices = format.second}).build().data, some);
    }
}

TEST_CASE("logits of each tiny file differ from the exact ones by what the activations' precision explains") {
    PLUME_NEEDS_SHARED_DATA(folder)
    for (const std::string type : {"f32",  "f16",    "bf16",   "q4_0",  "q4_1",    "q5_0",  "q5_1",   "q8_0",    "q2_k",  "q3_k_s", "q4_k_s", "q5_k_s",
                                   "q6_k", "iq4_nl", "iq4_xs", "iq3_s", "iq3_xxs", "iq2_s", "iq2_xs", "iq2_xxs", "iq1_s", "iq1_m",  "mxfp4"}) {
        if (!reference::fast_build && type != "f32" && type != "q4_1" && type != "q6_k" && type != "iq2_xs") continue;  // one of a kind: Eigen is slow here
        CAPTURE(type);
        check_precision(slurp(folder + "/models/tiny/tiny-" + type + ".gguf"), some);
    }
}
