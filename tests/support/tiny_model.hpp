#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/gguf_writer.hpp"
#include "support/tiny_vocabulary.hpp"

// Small llama models with random weights, valid in every respect, made in memory.
//
//     auto file  = plume::test::tiny_model({.heads = 4, .kv_heads = 1, .tied = true}).build().data;   // the bytes of a GGUF file
//     auto model = plume::load_memory(std::span<const std::byte>(file));
//
// tiny_model() gives the writer, so that a test can change what it wants before build(). The same options give the same bytes everywhere.
// Other weight types: options.matrices = tiny_format_of<quant::q8_0>(); rows must be whole blocks, so set d, ffn (and head * heads) to match.

namespace plume::test {

/// How matrices are written: F32, or blocks made by `encode` from whole rows.
struct tiny_format {
    int                                                gguf_type = 0;
    std::function<byte_string(std::span<const float>)> encode;  // empty: F32
};

/// Any format F of plume::quant that can encode.
template <class F>
tiny_format tiny_format_of() {
    return {F::gguf_type, [](std::span<const float> w) {
                byte_string out(w.size() / F::weights * sizeof(typename F::block));
                for (std::size_t b = 0; b < w.size() / F::weights; ++b) {
                    typename F::block block{};
                    F::encode(std::span<const float, F::weights>(w.data() + b * F::weights, F::weights), block);
                    std::memcpy(out.data() + b * sizeof block, &block, sizeof block);
                }
                return out;
            }};
}

struct tiny_options {
    std::size_t     layers      = 2;   // L
    std::size_t     d           = 64;  // D
    std::size_t     heads       = 4;   // H
    std::size_t     kv_heads    = 2;   // K
    std::size_t     head        = 0;   // E; 0: D / H, and then no key says it
    std::size_t     ffn         = 96;  // F
    std::size_t     context     = 256;
    tiny_vocabulary vocabulary  = tiny_vocabulary::sentencepiece;
    std::size_t     tokens      = 320;      // V at most; never below 300
    std::string     pre         = "gpt-2";  // the pre-tokenizer of byte-level BPE
    bool            tied        = false;    // no output.weight
    bool            biases      = false;    // on q, k, v, o and the feed-forward
    bool            rope_freqs  = false;    // a tensor of factors other than 1
    float           rms_epsilon = 1e-5f;
    float           rope_base   = 10000.0f;
    std::uint64_t   seed        = 1;
    tiny_format     matrices{};  // of all matrices; vectors are F32
};

/// Number `index` of stream `stream`: uniform in [-1, 1), a multiple of 2^-23. Counter-based (splitmix64's mix), so it needs no state.
[[nodiscard]] inline float random_unit(std::uint64_t stream, std::uint64_t index) {
    auto z = (stream * 0x9e3779b97f4a7c15u) ^ (index + 0x632be59bd9b4e019u);
    for (const auto factor : {0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu}) z = (z ^ (z >> 29)) * factor;
    return static_cast<float>(static_cast<std::int64_t>((z ^ (z >> 32)) >> 40) - (1 << 23)) / static_cast<float>(1 << 23);
}

/// `n` numbers of mean `middle` within `spread` of it; the name of the tensor chooses the stream.
[[nodiscard]] inline std::vector<float> random_weights(std::uint64_t seed, std::string_view name, std::size_t n, float middle, float spread) {
    std::uint64_t stream = 0xcbf29ce484222325u ^ seed;  // FNV-1a
    for (const char c : name) stream = (stream ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    std::vector<float> w(n);
    for (std::size_t i = 0; i < n; ++i) w[i] = middle + spread * random_unit(stream, i);
    return w;
}

[[nodiscard]] inline byte_string bytes_of(std::span<const float> w) {
    byte_string out;
    append(out, w.data(), w.size_bytes());
    return out;
}

namespace tiny_detail {

inline void add_vector(gguf_writer& w, const tiny_options& o, const std::string& name, std::size_t n, float middle, float spread) {
    w.tensor(name, {n}, 0, bytes_of(random_weights(o.seed, name, n, middle, spread)));
}

/// w[rows, columns], of a size that keeps the residual stream near 1: standard deviation 1 / sqrt(columns).
inline void add_matrix(gguf_writer& w, const tiny_options& o, const std::string& name, std::size_t columns, std::size_t rows) {
    float spread = 1;
    while (spread * spread * static_cast<float>(columns) > 3) spread *= 0.9375f;  // no libm: the same bytes everywhere
    const auto values = random_weights(o.seed, name, columns * rows, 0, spread);
    w.tensor(name, {columns, rows}, static_cast<std::uint32_t>(o.matrices.gguf_type), o.matrices.encode ? o.matrices.encode(values) : bytes_of(values));
}

inline void add_layer(gguf_writer& w, const tiny_options& o, std::size_t layer, std::size_t head) {
    const auto p  = "blk." + std::to_string(layer) + '.';
    const auto he = o.heads * head, ke = o.kv_heads * head;
    add_vector(w, o, p + "attn_norm.weight", o.d, 1, 0.25f);
    add_matrix(w, o, p + "attn_q.weight", o.d, he);
    add_matrix(w, o, p + "attn_k.weight", o.d, ke);
    add_matrix(w, o, p + "attn_v.weight", o.d, ke);
    add_matrix(w, o, p + "attn_output.weight", he, o.d);
    add_vector(w, o, p + "ffn_norm.weight", o.d, 1, 0.25f);
    add_matrix(w, o, p + "ffn_gate.weight", o.d, o.ffn);
    add_matrix(w, o, p + "ffn_up.weight", o.d, o.ffn);
    add_matrix(w, o, p + "ffn_down.weight", o.ffn, o.d);
    if (!o.biases) return;
    const std::pair<const char*, std::size_t> biases[] = {{"attn_q", he},      {"attn_k", ke},    {"attn_v", ke},   {"attn_output", o.d},
                                                          {"ffn_gate", o.ffn}, {"ffn_up", o.ffn}, {"ffn_down", o.d}};
    for (const auto& [name, n] : biases) add_vector(w, o, p + name + ".bias", n, 0, 0.5f);
}

inline std::uint32_t u32(std::size_t n) { return static_cast<std::uint32_t>(n); }

}  // namespace tiny_detail

[[nodiscard]] inline gguf_writer tiny_model(const tiny_options& o = {}) {
    using namespace tiny_detail;
    const auto  head = o.head ? o.head : o.d / o.heads;
    gguf_writer w;
    w.set("general.architecture", "llama").set("general.name", "tiny");
    w.set("llama.context_length", u32(o.context)).set("llama.embedding_length", u32(o.d)).set("llama.block_count", u32(o.layers));
    w.set("llama.feed_forward_length", u32(o.ffn)).set("llama.attention.head_count", u32(o.heads)).set("llama.attention.head_count_kv", u32(o.kv_heads));
    if (o.head) w.set("llama.attention.key_length", u32(head)).set("llama.attention.value_length", u32(head));
    w.set("llama.rope.dimension_count", u32(head)).set("llama.rope.freq_base", o.rope_base);
    w.set("llama.attention.layer_norm_rms_epsilon", o.rms_epsilon);
    const auto v = add_tiny_vocabulary(w, o.vocabulary, o.tokens < 300 ? 300 : o.tokens, o.pre);
    w.set("llama.vocab_size", u32(v));

    add_matrix(w, o, "token_embd.weight", o.d, v);
    if (o.rope_freqs) {
        auto factors = random_weights(o.seed, "rope_freqs.weight", head / 2, 2, 0.75f);  // of llama3's kind: 1 and more
        w.tensor("rope_freqs.weight", {head / 2}, 0, bytes_of(factors));
    }
    for (std::size_t layer = 0; layer < o.layers; ++layer) add_layer(w, o, layer, head);
    add_vector(w, o, "output_norm.weight", o.d, 1, 0.25f);
    if (!o.tied) add_matrix(w, o, "output.weight", o.d, v);
    return w;
}

}  // namespace plume::test
