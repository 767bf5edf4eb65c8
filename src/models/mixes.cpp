#include "mixes.hpp"

namespace plume::models {
namespace {

using r = tensor_role;
using w = mix_when;

constexpr mix_rule q2_k[]   = {{r::head, w::always, "Q6_K"},
                               {r::attn_v, w::grouped, "Q4_K"},
                               {r::attn_v, w::always, "Q3_K"},
                               {r::ffn_down, w::always, "Q3_K"},
                               {r::attn_output, w::always, "Q3_K"}};
constexpr mix_rule q2_k_s[] = {{r::head, w::always, "Q6_K"}, {r::attn_v, w::grouped, "Q4_K"}, {r::ffn_down, w::first_eighth, "Q4_K"}};
constexpr mix_rule q3_k_s[] = {{r::head, w::always, "Q6_K"}};
constexpr mix_rule q3_k_m[] = {{r::head, w::always, "Q6_K"},       {r::attn_v, w::first_two, "Q5_K"},         {r::attn_v, w::always, "Q4_K"},
                               {r::attn_qkv, w::always, "Q4_K"},   {r::ffn_down, w::first_sixteenth, "Q5_K"}, {r::ffn_down, w::always, "Q4_K"},
                               {r::attn_output, w::always, "Q4_K"}};
constexpr mix_rule q3_k_l[] = {{r::head, w::always, "Q6_K"},
                               {r::attn_v, w::always, "Q5_K"},
                               {r::attn_qkv, w::always, "Q4_K"},
                               {r::ffn_down, w::always, "Q5_K"},
                               {r::attn_output, w::always, "Q5_K"}};
constexpr mix_rule q4_0[]   = {{r::head, w::always, "Q6_K"}, {r::ffn_down, w::known_first_eighth, "Q4_1"}};
constexpr mix_rule q5_0[]   = {{r::head, w::always, "Q6_K"}, {r::ffn_down, w::known_first_eighth, "Q5_1"}};
constexpr mix_rule q4_k_s[] = {{r::head, w::always, "Q6_K"}, {r::attn_v, w::first_four, "Q5_K"}, {r::ffn_down, w::first_eighth, "Q5_K"}};
constexpr mix_rule q4_k_m[] = {
    {r::head, w::always, "Q6_K"}, {r::attn_v, w::outer_layers, "Q6_K"}, {r::attn_qkv, w::always, "Q5_K"}, {r::ffn_down, w::outer_layers, "Q6_K"}};
constexpr mix_rule q5_k_m[] = {
    {r::head, w::always, "Q6_K"}, {r::attn_v, w::outer_layers, "Q6_K"}, {r::attn_qkv, w::always, "Q6_K"}, {r::ffn_down, w::outer_layers, "Q6_K"}};
constexpr mix_rule head_6[]  = {{r::head, w::always, "Q6_K"}};
constexpr mix_rule iq4[]     = {{r::head, w::always, "Q6_K"}, {r::attn_v, w::grouped, "Q5_K"}, {r::ffn_down, w::plain_first_eighth, "Q5_K"}};
constexpr mix_rule iq3_m[]   = {{r::head, w::always, "Q6_K"},
                                {r::attn_v, w::always, "Q4_K"},
                                {r::attn_qkv, w::always, "Q4_K"},
                                {r::ffn_down, w::first_eighth, "Q4_K"},
                                {r::attn_output, w::always, "Q4_K"}};
constexpr mix_rule iq3_s[]   = {{r::head, w::always, "Q6_K"}, {r::attn_v, w::grouped, "Q4_K"}};
constexpr mix_rule iq3_xs[]  = {{r::head, w::always, "Q6_K"},
                                {r::attn_v, w::grouped, "Q4_K"},
                                {r::attn_k, w::always, "IQ3_XXS"},
                                {r::attn_q, w::always, "IQ3_XXS"},
                                {r::ffn_gate, w::middle_layers, "IQ3_XXS"},
                                {r::ffn_up, w::middle_layers, "IQ3_XXS"}};
constexpr mix_rule iq3_xxs[] = {{r::head, w::always, "Q5_K"},
                                {r::embedding, w::always, "IQ3_S"},
                                {r::attn_v, w::grouped, "Q4_K"},
                                {r::attn_v, w::plain, "IQ3_S"},
                                {r::attn_k, w::always, "IQ2_S"},
                                {r::attn_q, w::always, "IQ2_S"},
                                {r::ffn_down, w::plain_first_eighth, "Q4_K"},
                                {r::ffn_down, w::plain, "Q3_K"},
                                {r::attn_output, w::always, "IQ3_S"}};
constexpr mix_rule iq2_s[]   = {{r::attn_v, w::eight_experts, "Q4_K"}, {r::attn_k, w::eight_experts, "Q4_K"}, {r::attn_output, w::eight_experts, "Q5_K"},
                                {r::head, w::always, "Q5_K"},          {r::embedding, w::always, "IQ3_S"},    {r::attn_v, w::grouped, "Q4_K"},
                                {r::attn_v, w::four_experts, "Q4_K"},  {r::attn_v, w::always, "IQ3_S"},       {r::ffn_down, w::first_eighth, "IQ3_S"},
                                {r::attn_output, w::always, "IQ3_S"}};
constexpr mix_rule iq2_xs[]  = {{r::attn_v, w::eight_experts, "Q4_K"}, {r::attn_k, w::eight_experts, "Q4_K"}, {r::attn_output, w::eight_experts, "Q5_K"},
                                {r::head, w::always, "Q5_K"},          {r::embedding, w::always, "Q2_K"},     {r::attn_v, w::grouped, "Q4_K"},
                                {r::attn_v, w::four_experts, "Q4_K"},  {r::attn_v, w::always, "Q2_K"},        {r::ffn_down, w::first_eighth, "Q2_K"}};
constexpr mix_rule iq1[]     = {{r::attn_v, w::eight_experts, "Q4_K"}, {r::attn_k, w::eight_experts, "Q4_K"}, {r::attn_output, w::eight_experts, "Q5_K"},
                                {r::head, w::always, "Q5_K"},          {r::embedding, w::always, "Q2_K"},     {r::attn_v, w::grouped, "Q4_K"},
                                {r::attn_v, w::four_experts, "Q4_K"},  {r::attn_v, w::always, "Q2_K"},        {r::ffn_down, w::first_eighth, "Q2_K"},
                                {r::attn_output, w::always, "IQ2_XXS"}};
constexpr mix_rule ternary[] = {{r::head, w::always, "Q6_K"}, {r::embedding, w::always, "Q4_K"}};

constexpr mix list[] = {
    {"F32", 0, "F32", {}},
    {"F16", 1, "F16", {}},
    {"BF16", 32, "BF16", {}},
    {"Q4_0", 2, "Q4_0", q4_0},
    {"Q4_1", 3, "Q4_1", head_6},
    {"Q5_0", 8, "Q5_0", q5_0},
    {"Q5_1", 9, "Q5_1", head_6},
    {"Q8_0", 7, "Q8_0", {}},
    {"Q2_K", 10, "Q2_K", q2_k},
    {"Q2_K_S", 21, "Q2_K", q2_k_s},
    {"Q3_K", 12, "Q3_K", q3_k_m},
    {"Q3_K_S", 11, "Q3_K", q3_k_s},
    {"Q3_K_M", 12, "Q3_K", q3_k_m},
    {"Q3_K_L", 13, "Q3_K", q3_k_l},
    {"Q4_K", 15, "Q4_K", q4_k_m},
    {"Q4_K_S", 14, "Q4_K", q4_k_s},
    {"Q4_K_M", 15, "Q4_K", q4_k_m},
    {"Q5_K", 17, "Q5_K", q5_k_m},
    {"Q5_K_S", 16, "Q5_K", head_6},
    {"Q5_K_M", 17, "Q5_K", q5_k_m},
    {"Q6_K", 18, "Q6_K", {}},
    {"IQ4_NL", 25, "IQ4_NL", iq4},
    {"IQ4_XS", 30, "IQ4_XS", iq4},
    {"IQ3_M", 27, "IQ3_S", iq3_m},
    {"IQ3_S", 26, "IQ3_S", iq3_s},
    {"IQ3_XS", 22, "IQ3_S", iq3_xs},
    {"IQ3_XXS", 23, "IQ3_XXS", iq3_xxs},
    {"IQ2_M", 29, "IQ2_S", iq2_s},
    {"IQ2_S", 28, "IQ2_XS", iq2_s},
    {"IQ2_XS", 20, "IQ2_XS", iq2_xs},
    {"IQ2_XXS", 19, "IQ2_XXS", iq2_xs},
    {"IQ1_M", 31, "IQ1_M", iq1},
    {"IQ1_S", 24, "IQ1_S", iq1},
    {"MXFP4", 38, "MXFP4", {}},
    {"TQ1_0", 36, "TQ1_0", ternary},
    {"TQ2_0", 37, "TQ2_0", ternary},
};

struct pair {
    std::string_view from, to;
};

constexpr pair stand_ins[] = {{"Q2_K", "Q4_0"},    {"Q3_K", "Q4_0"},     {"Q4_K", "Q5_0"},      {"Q5_K", "Q5_1"},    {"Q6_K", "Q8_0"},
                              {"TQ1_0", "Q4_0"},   {"TQ2_0", "Q4_0"},    {"IQ4_XS", "IQ4_NL"},  {"IQ3_S", "IQ4_NL"}, {"IQ3_XXS", "IQ4_NL"},
                              {"IQ2_S", "IQ4_NL"}, {"IQ2_XS", "IQ4_NL"}, {"IQ2_XXS", "IQ4_NL"}, {"IQ1_S", "IQ4_NL"}, {"IQ1_M", "IQ4_NL"}};

struct named_role {
    std::string_view part;
    tensor_role      role;
};
constexpr named_role roles[] = {{"attn_qkv", r::attn_qkv}, {"attn_kv_b", r::attn_v},  {"attn_v.", r::attn_v},
                                {"attn_k.", r::attn_k},    {"attn_q.", r::attn_q},    {"attn_output", r::attn_output},
                                {"ffn_down", r::ffn_down}, {"ffn_gate", r::ffn_gate}, {"ffn_up", r::ffn_up}};

}  // namespace

std::span<const mix> mixes() noexcept { return list; }

tensor_role role_of(std::string_view name) noexcept {
    if (name == "output.weight") return r::head;
    if (name == "token_embd.weight") return r::embedding;
    for (const auto& one : roles)
        if (name.find(one.part) != std::string_view::npos) return one.role;
    return r::other;
}

std::string_view stand_in(std::string_view type) noexcept {
    for (const auto& p : stand_ins)
        if (p.from == type) return p.to;
    return "F16";
}

}  // namespace plume::models
