#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/mistaken_files.hpp"

// Small files to begin fuzzing from: everything a GGUF file can hold, in a few hundred bytes each.

namespace plume::test {

/// One value of every type, and arrays.
inline gguf_writer all_types() {
    gguf_writer w;
    w.set("a.u8", std::uint8_t{200}).set("a.i8", std::int8_t{-3}).set("a.u16", std::uint16_t{60'000}).set("a.i16", std::int16_t{-30'000});
    w.set("a.u32", std::uint32_t{4'000'000'000}).set("a.i32", std::int32_t{-2'000'000'000}).set("a.u64", std::numeric_limits<std::uint64_t>::max());
    w.set("a.i64", std::numeric_limits<std::int64_t>::min()).set("a.f32", 0.25f).set("a.f64", -1e300).set("a.bool", true).set("a.text", "caf\xc3\xa9");
    w.set("b.i16", std::vector<std::int16_t>{1, -2, 3}).set("b.f32", std::vector<float>{0.5f, -0.5f});
    w.set_array_raw("b.bool", 7, 2, {std::byte{0}, std::byte{1}});
    w.set("b.text", std::vector<std::string>{"", "x", std::string("a\0b", 3), "\xff"}).set("b.none", std::vector<std::string>{});
    return w;
}

/// Names and bytes. tests/fuzz/corpus/gguf holds them; a test compares.
inline std::vector<std::pair<std::string, byte_string>> gguf_seeds() {
    std::vector<std::pair<std::string, byte_string>> seeds;
    const auto add_seed = [&](std::string name, const gguf_writer& w) { seeds.emplace_back(std::move(name), w.build().data); };
    auto       w        = all_types();
    add_seed("types", w);
    w.set("general.alignment", 8u);
    w.alignment = 8;
    w.tensor("f32", {3, 2}, 0, byte_string(24));
    w.tensor("q8_0", {32, 1, 2}, 8, byte_string(68));
    w.tensor("q4_k", {256}, 12, byte_string(144));
    w.tensor("f16", {2, 2, 2, 2}, 1, byte_string(32));
    add_seed("tensors", w);
    w.version  = 2;
    w.pad_last = false;
    w.set("split.no", std::uint16_t{0}).set("split.count", std::uint16_t{1}).set("split.tensors.count", std::int32_t{4});
    add_seed("version_2", w);
    w.set("split.count", std::uint16_t{3});
    add_seed("split", w);
    gguf_writer words;
    words.set("general.architecture", "llama").set("tokenizer.ggml.model", "llama");
    words.set("tokenizer.ggml.tokens", std::vector<std::string>{"<unk>", "<s>", "</s>", "<0x41>", "a", "ab"});
    words.set("tokenizer.ggml.scores", std::vector<float>{0, 0, 0, 0, -2, -1}).set("tokenizer.ggml.token_type", std::vector<std::int32_t>{2, 3, 3, 6, 1, 1});
    add_seed("vocabulary", words);
    add_seed("nothing", {});
    std::vector<bad_file> mistakes;
    add_mistaken_files(mistakes);
    for (const auto& m : mistakes) {
        auto name = m.name;
        for (char& c : name) c = c == ' ' || c == '\'' ? '_' : c;
        if (auto bytes = m.make(); bytes.size() < 200) seeds.emplace_back(std::move(name), std::move(bytes));
    }
    return seeds;
}

}  // namespace plume::test
