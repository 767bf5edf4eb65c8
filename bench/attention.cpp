// bench_attention: one KV head's attention on every CPU target and cache type, heads of 64, one thread.
// Prefill: up to 128 query tokens end at position S, in tasks as the forward pass cuts them; a multiplication and an addition for a visible position
// are two operations. Decode: one query token over 256 MiB of keys and values; GB/s counts the cache's bytes.
// Results are compared with the scalar target's, bit for bit, before anything is timed.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <plume/core/buffer.hpp>
#include <plume/kv/layout.hpp>

#include "support.hpp"

namespace {

using namespace plume;

constexpr std::size_t E = 64, prefill_tokens = 128;

/// Keys and values of some heads, the same in each, and queries.
struct problem {
    const kernels::target_table& target;
    kv_type                      type;
    std::size_t                  G, S, heads;
    kv::layout                   layout = kv::layout::make(1, heads, E, S, type);
    buffer                       cache  = buffer::allocate(layout.bytes()).or_throw();
    std::vector<float>           q      = std::vector<float>(prefill_tokens * G * E);
    std::size_t                  row = kernels::partial_floats(E), splits = (S + kernels::attention_split - 1) / kernels::attention_split;
    buffer                       partials = buffer::allocate(prefill_tokens * splits * G * row * sizeof(float)).or_throw();

    problem(const kernels::target_table& t, kv_type kind, std::size_t group, std::size_t positions, std::size_t n_heads)
        : target(t), type(kind), G(group), S(positions), heads(n_heads) {
        q            = bench::some_floats(q.size(), 1);
        const auto k = bench::some_floats(S * E, 2), v = bench::some_floats(S * E, 3);
        for (std::size_t s = 0; s < S; ++s)
            for (std::size_t h = 0; h < heads; ++h) {
                std::byte* piece = cache.data() + s / kv::piece_positions * layout.piece_bytes();
                entry().append(k.data() + s * E, v.data() + s * E, s % kv::piece_positions, E, piece + layout.keys_at(0, h), piece + layout.values_at(0, h));
            }
    }
    [[nodiscard]] const kernels::target_table::cache_entry& entry() const { return target.cache[static_cast<std::size_t>(type)]; }

    /// T tokens, the last of which sees all S positions.
    void run(std::size_t head, std::size_t T) {
        const std::size_t tokens = std::max<std::size_t>(kernels::attention_rows / G, 1), first = S - T;
        for (std::size_t begin = 0; begin < S; begin += kernels::attention_split)
            for (std::size_t t = 0; t < T; t += tokens) {
                const std::size_t n = std::min(tokens, T - t);
                if (first + t + n <= begin) continue;
                entry().attention({.q                = q.data() + t * G * E,
                                   .q_stride         = E,
                                   .q_token_stride   = G * E,
                                   .k                = cache.data() + layout.keys_at(0, head),
                                   .v                = cache.data() + layout.values_at(0, head),
                                   .piece_stride     = layout.piece_bytes(),
                                   .position         = first + t,
                                   .begin            = begin,
                                   .T                = n,
                                   .G                = G,
                                   .E                = E,
                                   .window           = 0,
                                   .scale            = 0.125f,
                                   .soft_cap         = 0,
                                   .out              = partials.as<float>() + (t * splits + begin / kernels::attention_split) * G * row,
                                   .out_token_stride = splits * G * row});
            }
    }
};

bool same_as_scalar(const kernels::target_table& target, kv_type type, std::size_t G) {
    problem a(target, type, G, 1100, 1), b(*compiled_targets().back().table, type, G, 1100, 1);
    a.run(0, prefill_tokens), b.run(0, prefill_tokens);
    return std::memcmp(a.partials.data(), b.partials.data(), a.partials.size()) == 0;
}

void prefill(benchmark::State& state, const kernels::target_table* target, kv_type type) {
    const auto G = static_cast<std::size_t>(state.range(0)), S = static_cast<std::size_t>(state.range(1)), T = std::min(S, prefill_tokens);
    if (!same_as_scalar(*target, type, G)) return state.SkipWithError("differs from the scalar target");
    problem      p(*target, type, G, S, 1);
    const double pairs = static_cast<double>(T) * (static_cast<double>(S - T) + static_cast<double>(T + 1) / 2);
    bench::rates rates(state);
    for (auto _ : state) {
        p.run(0, T);
        benchmark::ClobberMemory();
    }
    rates.ops(4.0 * static_cast<double>(E * G) * pairs, bench::f32_peak());
}

void decode(benchmark::State& state, const kernels::target_table* target, kv_type type) {
    const auto G = static_cast<std::size_t>(state.range(0)), S = static_cast<std::size_t>(state.range(1));
    if (!same_as_scalar(*target, type, G)) return state.SkipWithError("differs from the scalar target");
    problem      p(*target, type, G, S, (std::size_t{256} << 20) / (2 * S * bytes_of(type, E)));
    bench::rates rates(state);
    for (auto _ : state) {
        for (std::size_t h = 0; h < p.heads; ++h) p.run(h, 1);
        benchmark::ClobberMemory();
    }
    rates.bytes_of_memory(static_cast<double>(p.layout.bytes()));
}

}  // namespace

int main(int argc, char** argv) {
    for (const auto* target : bench::targets_here()) {
        for (const kv_type type : {kv_type::f16, kv_type::f32, kv_type::q8_0}) {
            const auto label = std::string(name(type)) + '/' + target->name;
            benchmark::RegisterBenchmark(("attention_prefill_" + label).c_str(), prefill, target, type)
                ->ArgsProduct({{1, 3, 4}, {512, 2048, 8192}})
                ->ArgNames({"G", "S"});
            benchmark::RegisterBenchmark(("attention_decode_" + label).c_str(), decode, target, type)
                ->ArgsProduct({{1, 3, 4}, {512, 8192}})
                ->ArgNames({"G", "S"});
        }
    }
    return bench::run(argc, argv);
}
