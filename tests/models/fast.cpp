// load_options::fast: what it changes, how much, and that nothing has it without asking.
//
// The bound. A number rounded to bf16 is off by a uniformly distributed part of half its last place: with the leading digits of weights and activations
// spread as those of their logarithms, a relative mean square of 2^-16 / 3 · (3/8) / ln 2 = 2.8e-6, at most 2^-16 / 3 = 5.1e-6. Two operands of independent
// errors give every matmul's output at most e = 1.1e-5 of its mean square. Between embedding and logits stand 4·L + 1 matmuls in a row; were their errors all
// of one direction and passed on without loss, the logits' would be (4·L + 1)²·e of theirs; norms and softmax may double a relative error once a layer.

#include <doctest/doctest.h>

#include "reference/numbers.hpp"
#include "src/fast.hpp"
#include "support/models.hpp"

using namespace plume;
using namespace plume::test;

namespace {

model load_tiny(const byte_string& file, load_options options) { return load_memory(as_bytes(file), std::move(options)).or_throw(); }

byte_string tiny_of(tiny_format matrices, bool tied = false) {
    return tiny_model({.d = 256, .heads = 4, .kv_heads = 2, .ffn = 384, .tied = tied, .biases = true, .matrices = std::move(matrices)}).build().data;
}

}  // namespace

TEST_CASE("fast mode is off unless asked for, and then names its kernels or changes no bit") {
    const auto ids = some_tokens(70, 300);
    for (const bool tied : {false, true})
        for (const auto& format : {tiny_format{}, tiny_format_of<quant::f16>(), tiny_format_of<quant::bf16>(), tiny_format_of<quant::q8_0>()}) {
            CAPTURE(format.gguf_type);
            CAPTURE(tied);
            const auto  file  = tiny_of(format, tied);
            const model exact = load_tiny(file, {}), fast = load_tiny(file, {.fast = true}), scalar = load_tiny(file, {.cpu_target = "scalar", .fast = true});
            CHECK(exact.fast_kernels().empty());
            const auto want = all_logits(exact, ids), got = all_logits(fast, ids);
            if (exact.cpu_target() != "scalar") {
                CHECK(scalar.fast_kernels().empty());  // a forced target means what it says
                CHECK(hash_of(all_logits(scalar, ids)) == hash_of(want));
            }
            const bool floats = format.gguf_type != quant::q8_0::gguf_type;
            if (fast.fast_kernels().empty() || !floats) {
                CHECK(hash_of(got) == hash_of(want));
                continue;
            }
            constexpr double L = 2, e = 1.1e-5, layers = 4;
            const auto       rows = static_cast<Eigen::Index>(ids.size());
            const double     nmse = reference::nmse(reference::as_matrix(got, rows), reference::as_matrix(want, rows));
            CAPTURE(nmse);
            CHECK(nmse < layers * (4 * L + 1) * (4 * L + 1) * e);
            CHECK(nmse > 1e-7);  // it did something
        }
}

TEST_CASE("fast mode takes no more memory than exact mode, and the plan knows") {
    const auto  file  = tiny_of({});
    const model exact = load_tiny(file, {}), fast = load_tiny(file, {.fast = true});
    if (fast.fast_kernels().empty()) {
        MESSAGE("skipped: no fast kernel pays here");
        CHECK(fast.weight_bytes() == exact.weight_bytes());
    } else {
        CHECK(fast.weight_bytes() < exact.weight_bytes() * 3 / 4);  // F32 as bf16: half, but for the embedding
    }
}
