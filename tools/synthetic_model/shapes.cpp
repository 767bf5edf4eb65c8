#include "shapes.hpp"

#include <algorithm>

namespace plume::tool::synthetic {
namespace {

constexpr shape all_shapes[] = {
    {"tiny", 2, 256, 512, 4, 2, 64, 512, 512, 10000.0f, true},
    {"tiny-experts", 2, 256, 512, 4, 2, 64, 512, 512, 10000.0f, true, 5, 2},
    {"135m", 30, 576, 1536, 9, 3, 64, 49152, 8192, 100000.0f, true},     // SmolLM2 135M
    {"1b", 16, 2048, 8192, 32, 8, 64, 128256, 131072, 500000.0f, true},  // Llama 3.2
    {"3b", 28, 3072, 8192, 24, 8, 128, 128256, 131072, 500000.0f, true},
    {"8b", 32, 4096, 14336, 32, 8, 128, 128256, 131072, 500000.0f, false},       // Llama 3.1
    {"8x1b", 16, 2048, 8192, 32, 8, 64, 128256, 131072, 500000.0f, true, 8, 2},  // Llama 3.2 with Mixtral's experts
};

using formats = const quant::format_info*;

formats named(std::string_view name) { return quant::find_format(name); }

/// What a mix gives a matrix. `more` is the rule of the mixes for layers that deserve more bits: the first and last eighth, and every third between.
struct place {
    std::string_view part;  // "attn_q", "output", ...
    std::uint64_t    layer, L;
    std::uint64_t    heads_per_kv_head;

    [[nodiscard]] bool more() const { return layer < L / 8 || layer >= 7 * L / 8 || (layer - L / 8) % 3 == 2; }
    [[nodiscard]] bool is(std::string_view name) const { return part == name; }
};

// The mixes, by the matrices in which they differ from their name's own format. Source: the types of tensors in published files.
std::string_view in_q2_k_m(const place& p) {
    if (p.is("output")) return "Q6_K";
    if (p.is("attn_v")) return p.heads_per_kv_head >= 4 ? "Q4_K" : "Q3_K";
    return p.is("ffn_down") || p.is("attn_output") ? "Q3_K" : "Q2_K";
}
std::string_view in_q3_k_m(const place& p) {
    if (p.is("output")) return "Q6_K";
    if (p.is("attn_v")) return p.layer < 2 ? "Q5_K" : "Q4_K";
    if (p.is("ffn_down")) return p.layer < p.L / 16 ? "Q5_K" : "Q4_K";
    return p.is("attn_output") ? "Q4_K" : "Q3_K";
}
std::string_view in_q4_k_m(const place& p) { return p.is("output") || ((p.is("attn_v") || p.is("ffn_down")) && p.more()) ? "Q6_K" : "Q4_K"; }
std::string_view in_q5_k_m(const place& p) { return p.is("output") || ((p.is("attn_v") || p.is("ffn_down")) && p.more()) ? "Q6_K" : "Q5_K"; }

struct mix {
    std::string_view name;
    std::string_view (*format_of)(const place&);
};
constexpr mix mixes[] = {{"Q2_K_M", in_q2_k_m}, {"Q3_K_M", in_q3_k_m}, {"Q4_K_M", in_q4_k_m}, {"Q5_K_M", in_q5_k_m}};

/// For rows that are not whole blocks of 256: what files of such models have instead.
formats fitting(formats wanted, std::uint64_t columns) {
    if (columns % wanted->weights == 0) return wanted;
    constexpr std::pair<std::string_view, std::string_view> instead[] = {
        {"Q4_K", "Q5_0"}, {"Q5_K", "Q5_1"}, {"Q6_K", "Q8_0"}, {"TQ1_0", "Q4_0"}, {"TQ2_0", "Q4_0"}};
    for (const auto& [from, to] : instead)
        if (wanted->name == from) return named(to);
    return named("IQ4_NL");
}

}  // namespace

std::span<const shape> shapes() noexcept { return all_shapes; }

std::vector<std::string_view> type_names() {
    std::vector<std::string_view> names;
    for (const auto& f : quant::formats()) names.push_back(f.name);
    for (const auto& m : mixes) names.push_back(m.name);
    return names;
}

std::optional<std::vector<planned_tensor>> plan_tensors(const shape& s, std::string_view type) {
    const auto* const format = named(type);
    const auto* const chosen = std::find_if(std::begin(mixes), std::end(mixes), [&](const mix& m) { return m.name == type; });
    if (format == nullptr && chosen == std::end(mixes)) return std::nullopt;

    std::vector<planned_tensor> tensors;
    const auto                  vector = [&](std::string name, std::uint64_t n) { tensors.push_back({std::move(name), {n}, named("F32")}); };
    // `as`: the part whose rule counts. The embeddings are read by rows; where they are the head as well, they are of its format.
    const auto matrix = [&](std::string name, std::string_view as, std::uint64_t layer, std::uint64_t columns, std::uint64_t rows, std::uint64_t experts = 0) {
        const auto wanted = format != nullptr ? format : named(chosen->format_of({as, layer, s.L, s.H / s.K}));
        tensors.push_back({std::move(name), {columns, rows}, fitting(wanted, columns)});
        if (experts > 0) tensors.back().dims.push_back(experts);
    };
    matrix("token_embd.weight", s.tied ? "output" : "token_embd", 0, s.D, s.V);
    for (std::uint64_t i = 0; i < s.L; ++i) {
        const auto p    = "blk." + std::to_string(i) + '.';
        const auto part = [&](std::string_view name, std::uint64_t columns, std::uint64_t rows) {
            matrix(p + std::string(name) + ".weight", name, i, columns, rows);
        };
        vector(p + "attn_norm.weight", s.D);
        part("attn_q", s.D, s.H * s.E);
        part("attn_k", s.D, s.K * s.E);
        part("attn_v", s.D, s.K * s.E);
        part("attn_output", s.H * s.E, s.D);
        vector(p + "ffn_norm.weight", s.D);
        const auto experts = [&](std::string_view name, std::uint64_t columns, std::uint64_t rows) {
            matrix(p + std::string(name) + (s.experts > 0 ? "_exps.weight" : ".weight"), name, i, columns, rows, s.experts);
        };
        if (s.experts > 0) tensors.push_back({p + "ffn_gate_inp.weight", {s.D, s.experts}, named("F32")});
        experts("ffn_gate", s.D, s.F);
        experts("ffn_up", s.D, s.F);
        experts("ffn_down", s.F, s.D);
    }
    vector("output_norm.weight", s.D);
    if (!s.tied) matrix("output.weight", "output", 0, s.D, s.V);
    return tensors;
}

}  // namespace plume::tool::synthetic
