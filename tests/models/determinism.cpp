#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include <doctest/doctest.h>

#include "src/dispatch.hpp"
#include "support/golden_families.hpp"

using namespace plume;
using namespace plume::test;

namespace {

constexpr activations all_activations[] = {activations::a8, activations::mixed, activations::a16};
constexpr std::size_t all_threads[]     = {1, 2, 3, 8};
constexpr std::size_t all_chunks[]      = {1, 3, 16, 64, 4096};

std::vector<std::string> targets_here() {
    std::vector<std::string> names;
    for (const auto& t : compiled_targets())
        if (t.runs_here() && t.allowed()) names.emplace_back(t.name);
    return names;
}

struct way {
    std::string          target  = "scalar";
    std::size_t          threads = 1, chunk = 16;
    plume::repack        repack = plume::repack::lazy;  // with chunks of 16 the first is computed from rows, the next four from both (models/repack.cpp)
    friend std::ostream& operator<<(std::ostream& out, const way& w) {
        return out << w.target << ", " << w.threads << " threads, chunk " << w.chunk << (w.repack == plume::repack::lazy ? ", lazy" : ", at load");
    }
};

template <class Load>
std::string hash_by(const Load& load_with, activations a, const way& w, std::span<const token_id> ids, kv_type kv = kv_type::f16) {
    const model m = load_with(load_options{.repack = w.repack, .threads = w.threads, .cpu_target = w.target, .activations = a});
    CHECK(m.cpu_target() == w.target);  // the forced target really ran
    CHECK(m.threads() == w.threads);
    return hash_of(all_logits(m, ids, {.context_tokens = ids.size(), .kv_type = kv, .prefill_chunk = w.chunk}));
}

/// Each axis varied against one base, for one model in all activation modes. Gives the base's hashes.
template <class Load>
std::vector<std::string> check_axes(const Load& load_with, std::span<const token_id> ids, kv_type kv = kv_type::f16) {
    std::vector<std::string> hashes;
    for (const activations a : all_activations) {
        CAPTURE(name(a));
        const auto        targets = targets_here();
        const std::string best = targets.front(), base = hash_by(load_with, a, {.target = best}, ids, kv);  // the fastest: the axes are many
        hashes.push_back(base);
        for (const std::size_t n : all_threads) CHECK(hash_by(load_with, a, {.target = best, .threads = n}, ids, kv) == base);
        for (const std::size_t n : all_chunks) CHECK(hash_by(load_with, a, {.target = best, .chunk = n}, ids, kv) == base);
        for (const auto& t : targets)
            for (const auto repack : {repack::lazy, repack::at_load}) CHECK(hash_by(load_with, a, {.target = t, .repack = repack}, ids, kv) == base);
    }
    return hashes;
}

/// The hashes that every build must give: "name mode sha256" a line. A compiler or a configuration that changes one bit turns red here.
std::map<std::string, std::string> golden_hashes() {
    std::map<std::string, std::string> all;
    std::ifstream                      in(PLUME_GOLDEN "/logits_sha256.txt");
    for (std::string file, mode, hash; in >> file >> mode >> hash;) all[file + ' ' + mode] = hash;
    return all;
}

void check_golden(const std::string& file, const std::vector<std::string>& hashes) {
    static const auto golden = golden_hashes();
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        const std::string key = file + ' ' + std::string(name(all_activations[i]));
        CAPTURE(key);
        const auto found = golden.find(key);
        CHECK_MESSAGE((found != golden.end() && found->second == hashes[i]), "computed " << key << " " << hashes[i]);
    }
}

const char* const tiny_files[] = {"bf16",  "f16",  "f32",    "iq1_m", "iq1_s", "iq2_s",  "iq2_xs", "iq2_xxs", "iq3_s",  "iq3_xxs", "iq4_nl", "iq4_xs",
                                  "mxfp4", "q2_k", "q3_k_s", "q4_0",  "q4_1",  "q4_k_s", "q5_0",   "q5_1",    "q5_k_s", "q6_k",    "q8_0"};

std::string tiny_path(const std::string& folder, const std::string& type) { return folder + "/models/tiny/tiny-" + type + ".gguf"; }

}  // namespace

TEST_CASE("a model of our own gives the same bits on every target, with any threads and any chunks, in every build" * doctest::test_suite("determinism")) {
    struct variant {
        const char*  name;
        tiny_options options;
    };
    std::vector<variant> variants = {
        {"own-f32", {.biases = true, .rope_freqs = true}},
        {"own-q8_0-head48", {.head = 48, .ffn = 128, .tied = true, .matrices = tiny_format_of<quant::q8_0>()}},
        {"own-q4_0", {.ffn = 160, .matrices = tiny_format_of<quant::q4_0>()}},
        {"own-q5_1", {.ffn = 128, .biases = true, .matrices = tiny_format_of<quant::q5_1>()}},
        {"own-q4_k", {.d = 256, .heads = 8, .kv_heads = 2, .ffn = 512, .matrices = tiny_format_of<quant::q4_k>()}},
        {"own-q6_k", {.d = 256, .heads = 4, .kv_heads = 4, .ffn = 256, .matrices = tiny_format_of<quant::q6_k>()}},
        {"own-bf16", {.matrices = tiny_format_of<quant::bf16>()}},
        {"own-tq1_0", {.d = 256, .heads = 4, .kv_heads = 2, .ffn = 256, .matrices = tiny_ternary<quant::tq1_0>()}},
        {"own-tq2_0", {.d = 256, .heads = 4, .kv_heads = 2, .ffn = 256, .matrices = tiny_ternary<quant::tq2_0>()}},
        // Widths at which rows lie further apart than they are long (apart_rows), one and the other.
        {"own-ffn1024", {.ffn = 1024, .matrices = tiny_format_of<quant::q8_0>()}},
        {"own-d1024", {.d = 1024, .heads = 16, .kv_heads = 4, .ffn = 96, .matrices = tiny_format_of<quant::q8_0>()}},
    };
    for (auto& v : variants) {
        CAPTURE(v.name);
        const auto file = tiny_model(v.options).build().data;
        const auto ids  = some_tokens(70, 300);
        check_golden(v.name, check_axes([&](load_options o) { return load_memory(as_bytes(file), std::move(o)).or_throw(); }, ids));
    }
}

TEST_CASE("architectures with windows, experts, soft caps, sinks, LayerNorm and every scaling of positions give the same bits on every axis" *
          doctest::test_suite("determinism")) {
    const auto ids = some_tokens(70, 300);
    for (const char* name :
         {"gemma2, windows, soft caps", "gemma3, two bases, linear scaling", "gpt-oss, sinks, windows, YaRN", "qwen2moe, shared expert", "granitemoe",
          "phi3, LongRoPE's long factors, partial", "cohere2, windows, global layers without RoPE", "gpt2", "falcon, two norms"})
        for (const bool quantised : {false, true}) {
            CAPTURE(name);
            if (std::string_view(name) == "gpt2" && quantised) continue;  // 64 positions
            const auto& c    = golden_case(name);
            const auto  file = file_of(c, quantised ? tiny_format_of<quant::q8_0>() : tiny_format{}).build().data;
            const auto  some = std::span(ids).first(c["architecture"] == "gpt2" ? 64 : 70);
            std::string key  = "own-" + std::string(c["architecture"]) + (quantised ? "-q8_0" : "-f32");
            check_golden(key, check_axes([&](load_options o) { return load_memory(as_bytes(file), std::move(o)).or_throw(); }, some));
        }
}

TEST_CASE("experts in MXFP4 give the same bits on every axis" * doctest::test_suite("determinism")) {
    const tiny_format mxfp4{quant::mxfp4::gguf_type, [](std::span<const float> w) {  // codes from the weights' lowest bits, scales of 2^-4
                                byte_string out;
                                for (std::size_t block = 0; block < w.size(); block += 32) {
                                    out.push_back(std::byte{124});
                                    for (std::size_t i = 0; i < 16; ++i)
                                        out.push_back(static_cast<std::byte>(std::bit_cast<std::uint32_t>(w[block + i] + 2.0f) >> 3));
                                }
                                return out;
                            }};
    const auto        file = file_of(golden_case("gpt-oss, sinks, windows, YaRN"), mxfp4).build().data;
    const auto        ids  = some_tokens(70, 300);
    check_golden("own-gpt-oss-mxfp4", check_axes([&](load_options o) { return load_memory(as_bytes(file), std::move(o)).or_throw(); }, ids));
}

TEST_CASE("every type of cache gives the same bits on every axis and in every build" * doctest::test_suite("determinism")) {
    const auto file = tiny_model({.head = 48, .ffn = 128, .matrices = tiny_format_of<quant::q8_0>()}).build().data;  // a block of 32 and one of 16
    const auto ids  = some_tokens(70, 300);
    for (const kv_type kv : {kv_type::f32, kv_type::q8_0}) {
        const std::string key = "own-head48-cache-" + std::string(name(kv));
        check_golden(key, check_axes([&](load_options o) { return load_memory(as_bytes(file), std::move(o)).or_throw(); }, ids, kv));
    }
}

TEST_CASE("1,100 tokens, beyond a split, give the same bits whatever the chunks, threads and cache" * doctest::test_suite("determinism")) {
    const auto file = tiny_model({.layers = 1, .heads = 6, .kv_heads = 2, .head = 16, .ffn = 64, .context = 2048}).build().data;
    const auto ids  = some_tokens(1100, 300);
    for (const kv_type kv : {kv_type::f16, kv_type::f32, kv_type::q8_0}) {
        CAPTURE(name(kv));
        const auto hash = [&](std::size_t threads, std::size_t chunk) {
            return hash_by([&](load_options o) { return load_memory(as_bytes(file), std::move(o)).or_throw(); }, activations::mixed,
                           {.target = targets_here().front(), .threads = threads, .chunk = chunk}, ids, kv);
        };
        const auto base = hash(1, 1);
        for (const std::size_t threads : {1, 2, 3})
            for (const std::size_t chunk : {7, 64, 128, 1000, 2048}) CHECK(hash(threads, chunk) == base);
    }
}

TEST_CASE("each of the 23 weight types gives the same bits on every axis, in every activation mode and in every build" * doctest::test_suite("determinism")) {
    PLUME_NEEDS_SHARED_DATA(folder)
    const auto ids = some_tokens(70, 512);
    for (const char* type : tiny_files) {
        CAPTURE(type);
        check_golden(std::string("tiny-") + type, check_axes([&](load_options o) { return load(tiny_path(folder, type), std::move(o)).or_throw(); }, ids));
    }
}

TEST_CASE("200 random combinations of file, mode, target, threads and chunk agree with the base" * doctest::test_suite("determinism")) {
    PLUME_NEEDS_SHARED_DATA(folder)
    const auto   golden  = golden_hashes();
    const auto   ids     = some_tokens(70, 512);
    const auto   targets = targets_here();
    std::mt19937 random(20260101);
    const auto   pick = [&](const auto& list) { return list[random() % std::size(list)]; };
    for (int i = 0; i < 200; ++i) {
        const std::string type = pick(tiny_files);
        const activations a    = pick(all_activations);
        const way         w{pick(targets), std::size_t{1} + random() % 8, std::size_t{1} + random() % 80, random() % 4 == 0 ? repack::at_load : repack::lazy};
        CAPTURE(type);
        CAPTURE(name(a));
        CAPTURE(w);
        const auto hash = hash_by([&](load_options o) { return load(tiny_path(folder, type), std::move(o)).or_throw(); }, a, w, ids);
        CHECK(hash == golden.at("tiny-" + type + ' ' + std::string(name(a))));
    }
}

TEST_CASE("one flipped bit of a weight changes the hash") {
    auto       file = tiny_model({.ffn = 128, .matrices = tiny_format_of<quant::q8_0>()}).build();
    const auto ids  = some_tokens(20, 300);
    const auto hash = [&] { return hash_of(all_logits(load_memory(as_bytes(file.data)).or_throw(), ids)); };
    const auto base = hash();
    file.data[file.data.size() - 5] ^= std::byte{1};  // the last matrix
    CHECK(hash() != base);
}

TEST_CASE("the full product of all axes" * doctest::test_suite("long")) {
    PLUME_NEEDS_SHARED_DATA(folder)
    const auto golden = golden_hashes();
    const auto ids    = some_tokens(70, 512);
    for (const char* type : tiny_files)
        for (const activations a : all_activations)
            for (const auto& target : targets_here())
                for (const std::size_t threads : all_threads)
                    for (const std::size_t chunk : all_chunks) {
                        const way w{target, threads, chunk};
                        CAPTURE(type);
                        CAPTURE(w);
                        CHECK(hash_by([&](load_options o) { return load(tiny_path(folder, type), std::move(o)).or_throw(); }, a, w, ids) ==
                              golden.at(std::string("tiny-") + type + ' ' + std::string(name(a))));
                    }
}
