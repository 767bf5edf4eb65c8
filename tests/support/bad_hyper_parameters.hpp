#pragma once

#include <limits>

#include "support/bad_file.hpp"

// Numbers that describe the model: zero, negative, absurd, or of a wrong type. Failure class 4.

namespace plume::test {

namespace bad_detail {

/// Every type that GGUF has, as a value of that type, but not those of which `fits` says that they are right.
struct typed_value {
    const char*   name;
    std::uint32_t type;
    byte_string   bytes;
};

inline std::vector<typed_value> values_of_every_type() {
    byte_string text;
    append_text(text, "2");
    const auto array = [](std::uint32_t type, const byte_string& elements, std::uint64_t count) {
        byte_string b;
        append(b, type);
        append(b, count);
        append(b, elements.data(), elements.size());
        return b;
    };
    return {
        {"u8", 0, bytes_of_number(std::uint8_t{2})},
        {"i8", 1, bytes_of_number(std::int8_t{-1})},
        {"u16", 2, bytes_of_number(std::uint16_t{2})},
        {"i16", 3, bytes_of_number(std::int16_t{-1})},
        {"u32", 4, bytes_of_number(std::uint32_t{2})},
        {"i32", 5, bytes_of_number(std::int32_t{-1})},
        {"f32", 6, bytes_of_number(2.0f)},
        {"boolean", 7, bytes_of_number(std::uint8_t{1})},
        {"string", 8, text},
        {"u64", 10, bytes_of_number(std::uint64_t{2})},
        {"i64", 11, bytes_of_number(std::int64_t{-1})},
        {"f64", 12, bytes_of_number(2.0)},
        {"array of u8", 9, array(0, byte_string(300), 300)},
        {"array of i32", 9, array(5, byte_string(1200), 300)},
        {"array of f32", 9, array(6, byte_string(1200), 300)},
        {"array of boolean", 9, array(7, byte_string(300), 300)},
        {"array of string", 9, array(8, byte_string(2400), 300)},
        {"array of u64", 9, array(10, byte_string(2400), 300)},
        {"array of f64", 9, array(12, byte_string(2400), 300)},
        {"empty array of u32", 9, array(4, {}, 0)},
        {"empty array of string", 9, array(8, {}, 0)},
    };
}

inline bool is_integer_type(std::uint32_t type) { return type <= 5 || type == 10 || type == 11; }

inline void add_counts_of_model(std::vector<bad_file>& all) {
    struct key_facts {
        const char* key;
        refused_by  wrong_number, wrong_type;
    };
    constexpr auto  model = refused_by::model, maybe = refused_by::maybe;
    const key_facts keys[] = {
        {"llama.embedding_length", model, model},        {"llama.block_count", model, model},
        {"llama.feed_forward_length", model, model},     {"llama.attention.head_count", model, model},
        {"llama.attention.head_count_kv", model, model}, {"llama.rope.dimension_count", maybe, model},
        {"llama.context_length", maybe, maybe},          {"llama.vocab_size", maybe, maybe},
        {"llama.attention.key_length", model, model},    {"llama.attention.value_length", model, model},
    };
    for (const auto& k : keys) {
        const std::string key = k.key;
        const auto        put = [&](const std::string& what, auto value) {
            add(all, key + " of " + what, k.wrong_number, "", [key, value](gguf_writer& w) { w.set(key, value); });
        };
        put("0", std::uint32_t{0});
        put("2^31", std::uint32_t{1} << 31);
        put("2^31 - 1", std::uint32_t{0x7fff'ffff});
        put("2^32 - 1", std::uint32_t{0xffff'ffff});
        put("-1", std::int32_t{-1});
        put("-2^31", std::numeric_limits<std::int32_t>::min());
        put("2^32, as u64", std::uint64_t{1} << 32);
        put("2^32 + 2, as u64", (std::uint64_t{1} << 32) + 2);
        put("2^63, as u64", std::uint64_t{1} << 63);
        put("2^64 - 1, as u64", std::numeric_limits<std::uint64_t>::max());
        put("-2^63, as i64", std::numeric_limits<std::int64_t>::min());
        put("65,536", std::uint32_t{65'536});
        for (auto& v : values_of_every_type())
            if (!is_integer_type(v.type))
                add(all, key + " of type " + v.name, k.wrong_type, k.wrong_type == model ? key : "",
                    [key, v](gguf_writer& w) { w.set_raw(key, v.type, v.bytes); });
    }
    for (const auto* key : {"llama.embedding_length", "llama.block_count", "llama.feed_forward_length", "llama.attention.head_count"})
        add(all, std::string("no ") + key, model, key, [key](gguf_writer& w) { w.erase(key); });
    for (const auto* key : {"llama.attention.head_count_kv", "llama.rope.dimension_count", "llama.context_length", "llama.vocab_size"})
        add(all, std::string("no ") + key, maybe, "", [key](gguf_writer& w) { w.erase(key); });
    for (const std::uint32_t n : {1u, 3u, 511u, 512u, 513u, 4096u, 1u << 20})
        add(all, "block_count " + std::to_string(n) + " where there are 2", n == 1 ? maybe : model, "", [n](gguf_writer& w) { w.set("llama.block_count", n); });
    for (const std::uint32_t n : {1u, 3u, 5u, 7u, 31u, 33u, 64u})
        add(all, "head_count " + std::to_string(n) + " where 4 is right", n == 1 ? maybe : model, "",
            [n](gguf_writer& w) { w.set("llama.attention.head_count", n); });
    for (const std::uint32_t n : {1u, 3u, 4u, 5u, 8u})
        add(all, "head_count_kv " + std::to_string(n) + " where 2 is right", model, "", [n](gguf_writer& w) { w.set("llama.attention.head_count_kv", n); });
    for (const std::uint32_t n : {1u, 3u, 7u, 9u, 10u, 16u, 64u})
        add(all, "rope.dimension_count " + std::to_string(n) + " with heads of 8", n % 2 || n > 8 ? model : maybe, "rope.dimension_count",
            [n](gguf_writer& w) { w.set("llama.rope.dimension_count", n); });
    for (const std::uint32_t n : {1u, 7u, 9u, 16u})
        add(all, "key_length " + std::to_string(n) + " with heads of 8", model, "", [n](gguf_writer& w) { w.set("llama.attention.key_length", n); });
    add(all, "value_length that differs from key_length", maybe, "",
        [](gguf_writer& w) { w.set("llama.attention.key_length", 8u).set("llama.attention.value_length", 16u); });
    add(all, "head_count for each layer", maybe, "", [](gguf_writer& w) { w.set("llama.attention.head_count", std::vector<std::uint32_t>{4, 4}); });
    add(all, "head_count of 0 for each layer", model, "", [](gguf_writer& w) { w.set("llama.attention.head_count", std::vector<std::uint32_t>{0, 0}); });
    add(all, "embedding length and tensors that agree on 0 heads", model, "", [](gguf_writer& w) {
        w.set("llama.attention.head_count", 0u).set("llama.attention.head_count_kv", 0u);
        for (auto& t : w.tensors) t.dims.back() = t.dims.back() == 16 ? 1 : t.dims.back();
    });
    add(all, "a mixture of 8 experts", maybe, "", [](gguf_writer& w) { w.set("llama.expert_count", 8u).set("llama.expert_used_count", 2u); });
    add(all, "2^32 - 1 experts", maybe, "", [](gguf_writer& w) { w.set("llama.expert_count", 0xffff'ffffu).set("llama.expert_used_count", 0xffff'ffffu); });
}

inline void add_reals_of_model(std::vector<bad_file>& all) {
    constexpr auto inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    struct named_real {
        const char* name;
        float       value;
        bool        absurd;
    };
    const named_real                   reals[] = {{"NaN", nan, true}, {"infinity", inf, true}, {"-infinity", -inf, true}, {"-1", -1.0f, true},
                                                  {"0", 0.0f, false}, {"-0", -0.0f, false},    {"1e-45", 1e-45f, false},  {"3e38", 3e38f, false}};
    const std::pair<const char*, bool> keys[]  = {{"llama.attention.layer_norm_rms_epsilon", true},
                                                  {"llama.rope.freq_base", true},
                                                  {"llama.rope.scaling.factor", false},
                                                  {"llama.rope.scale_linear", false}};
    for (const auto& [name, needed] : keys) {
        const std::string key = name;
        for (const auto& r : reals)
            add(all, key + " of " + r.name, needed && r.absurd ? refused_by::model : refused_by::maybe, needed && r.absurd ? key : "",
                [key, value = r.value](gguf_writer& w) { w.set(key, value); });
        for (auto& v : values_of_every_type())
            if (v.type != 6 && v.type != 12)
                add(all, key + " of type " + v.name, needed && !is_integer_type(v.type) ? refused_by::model : refused_by::maybe,
                    needed && !is_integer_type(v.type) ? key : "", [key, v](gguf_writer& w) { w.set_raw(key, v.type, v.bytes); });
    }
    add(all, "no llama.attention.layer_norm_rms_epsilon", refused_by::maybe, "", [](gguf_writer& w) { w.erase("llama.attention.layer_norm_rms_epsilon"); });
    for (const auto* type : {"yarn", "longrope", "nonsense", "", "none", "linear"})
        add(all, std::string("rope scaling of type '") + type + '\'', refused_by::maybe, "",
            [type](gguf_writer& w) { w.set("llama.rope.scaling.type", type); });
    for (const auto& [name, value] : {std::pair{"NaN", nan}, std::pair{"infinity", inf}, std::pair{"0", 0.0f}, std::pair{"-1", -1.0f}}) {
        const auto v = value;
        add(all, std::string("rope factors of ") + name, refused_by::maybe, "",
            [v](gguf_writer& w) { w.tensor("rope_freqs.weight", {4}, 0, bytes_of(std::vector<float>(4, v))); });
        add(all, std::string("embedding weights of ") + name, refused_by::maybe, "", [v](gguf_writer& w) {
            auto& data = w.find_tensor("token_embd.weight")->data;
            for (std::size_t i = 0; i < data.size(); i += sizeof v) std::memcpy(data.data() + i, &v, sizeof v);
        });
    }
    for (const std::uint64_t n : {3, 5, 32})
        add(all, std::to_string(n) + " rope factors with heads of 8", refused_by::model, "rope_freqs",
            [n](gguf_writer& w) { w.tensor("rope_freqs.weight", {n}, 0, bytes_of(std::vector<float>(n, 1.0f))); });
}

inline void add_architectures(std::vector<bad_file>& all) {
    const auto named = [&](std::string shown, std::string architecture, std::string find) {
        add(all, "architecture " + shown, refused_by::model, std::move(find), [architecture](gguf_writer& w) { w.set("general.architecture", architecture); });
    };
    named("none", "", "architecture");
    named("gpt2", "gpt2", "gpt2");
    named("an unknown one", "transformer9000", "transformer9000");
    named("in capitals", "LLAMA", "LLAMA");
    named("with a zero byte", std::string("llama\0", 6), "\\x00");
    named("of control characters", "\x1b[31mllama", "\\x1b");
    named("of 64 KiB", std::string(65'536, 'a'), "...");
    for (auto& v : values_of_every_type())
        if (v.type != 8)
            add(all, std::string("architecture of type ") + v.name, refused_by::model, "general.architecture",
                [v](gguf_writer& w) { w.set_raw("general.architecture", v.type, v.bytes); });
    add(all, "no architecture", refused_by::model, "general.architecture", [](gguf_writer& w) { w.erase("general.architecture"); });
}

}  // namespace bad_detail

inline void add_bad_hyper_parameters(std::vector<bad_file>& all) {
    bad_detail::add_counts_of_model(all);
    bad_detail::add_reals_of_model(all);
    bad_detail::add_architectures(all);
}

}  // namespace plume::test
