#include <plume/models/config.hpp>

#include <cmath>
#include <string>

#include <plume/models/architectures.hpp>

#include "src/models/config_parts.hpp"
#include "src/system.hpp"

namespace plume {
namespace {

/// Upper ends that no published model comes near; they keep every product of sizes far from wrapping.
constexpr std::uint64_t max_layers = 512, max_width = 1u << 20, max_heads = 4096, max_vocabulary = 1u << 24, max_context = 1u << 26, max_experts = 4096;

std::string list_of_architectures() {
    std::string text;
    for (const auto* a : models::architectures) text += (text.empty() ? "" : ", ") + std::string(a->gguf_name);
    return text;
}

void read_heads(key_reader& in, model_config& c) {
    c.H = in.count("attention.head_count", 1, max_heads);
    c.K = in.count_of_layers("attention.head_count_kv", c.L, 1, max_heads, c.H);
    if (in.ok() && c.H % c.K != 0)
        in.fail(in.file()
                    .fault(code::format_invalid, "does not divide the number of heads")
                    .about("key", in.full("attention.head_count_kv"))
                    .expected_found("a divisor of " + std::to_string(c.H), std::to_string(c.K)));
    if (in.ok() && !in.has("attention.key_length") && c.D % c.H != 0)
        in.fail(in.file()
                    .fault(code::format_invalid, "does not divide the model's width, and no key_length says how wide a head is")
                    .about("key", in.full("attention.head_count"))
                    .expected_found("a divisor of " + std::to_string(c.D), std::to_string(c.H)));
    c.E                   = in.count("attention.key_length", 1, max_head_width, c.D / c.H);
    const std::size_t E_v = in.count("attention.value_length", 1, max_head_width, c.E);
    if (in.ok() && E_v != c.E)
        in.fail(in.file()
                    .fault(code::format_unsupported, "differs from key_length, which does not run yet")
                    .about("key", in.full("attention.value_length"))
                    .expected_found(c.E, E_v));
}

void read_attention(key_reader& in, model_config& c) {
    const models::recipe& r = *c.recipe;
    c.attention_scale       = 1.0f / std::sqrt(static_cast<float>(c.E));
    if (c.L == r.scaled_by_width) c.attention_scale = 1.0f / std::sqrt(static_cast<float>(c.D) / static_cast<float>(c.H));
    if (r.reads_attention_scale)
        c.attention_scale = static_cast<float>(in.factor("attention.scale", 1e-6, 1e6, static_cast<double>(c.attention_scale)));
    else
        in.refuse_unless_zero("attention.scale", "a scale of attention of its own");
    in.refuse_unless_zero("attention.clamp_kqv", "clamped queries, keys and values");
    if (r.soft_caps) {
        c.attention_cap = static_cast<float>(in.factor("attn_logit_softcapping", 1e-3, 1e6, r.attention_cap));
        c.final_cap     = static_cast<float>(in.factor("final_logit_softcapping", 1e-3, 1e6, r.final_cap));
    } else {
        in.refuse_unless_zero("attn_logit_softcapping", "a soft cap of attention scores");
        in.refuse_unless_zero("final_logit_softcapping", "a soft cap of logits");
    }
}

void read_multipliers(key_reader& in, model_config& c) {
    const models::recipe& r    = *c.recipe;
    const auto            read = [&](std::string_view key) { return static_cast<float>(in.factor(key, 1e-6, 1e6, 1)); };
    if (r.embedding_by_width) c.embedding_scale = std::sqrt(static_cast<float>(c.D));
    if (r.multipliers) {
        c.embedding_scale = read("embedding_scale");
        c.residual_scale  = read("residual_scale");
    } else {
        in.refuse_unless_neutral("embedding_scale", "scaled embeddings");
        in.refuse_unless_neutral("residual_scale", "a scaled residual stream");
    }
    if (r.logits == models::logit_scale::none)
        in.refuse_unless_neutral("logit_scale", "scaled logits");
    else
        c.logit_scale = r.logits == models::logit_scale::multiplies ? read("logit_scale") : 1 / read("logit_scale");
    if (r.parallel != models::parallel_blocks::never)
        c.parallel = r.parallel == models::parallel_blocks::always || in.flag("use_parallel_residual", true);
    else if (in.flag("use_parallel_residual", false))
        in.fail(in.file()
                    .fault(code::format_unsupported, "asks for parallel blocks, which this architecture does not have as plume knows it")
                    .about("key", in.full("use_parallel_residual")));
}

void read_experts(key_reader& in, model_config& c) {
    expert_config& x = c.experts;
    if (!c.recipe->experts) return in.refuse_unless_zero("expert_count", "a mixture of experts");
    x.n = in.count("expert_count", 0, max_experts, 0);
    if (!in.ok() || x.n == 0) return;
    x.used                   = in.count("expert_used_count", 1, x.n);
    x.F                      = in.count("expert_feed_forward_length", 1, max_width, c.F);
    x.F_shared               = in.count("expert_shared_feed_forward_length", 0, max_width, 0);
    x.renormalise            = in.flag("expert_weights_norm", c.recipe->renormalise);
    x.scale                  = static_cast<float>(in.factor("expert_weights_scale", 1e-6, 1e6, 1));
    const std::size_t gating = in.count("expert_gating_func", 0, 16, 1);
    if (in.ok() && gating > 1)  // 1: softmax
        in.fail(in.file()
                    .fault(code::format_unsupported, "asks for a choice of experts that does not run yet")
                    .about("key", in.full("expert_gating_func"))
                    .expected_found("1 (softmax)", std::to_string(gating)));
    in.refuse_unless_zero("expert_group_count", "groups of experts");
    c.has_dense_layers = false;
    for (std::size_t i = 0; i < c.L; ++i)
        if (in.file().find_tensor("blk." + std::to_string(i) + ".ffn_gate_inp.weight") == nullptr) c.has_dense_layers = true;
}

}  // namespace

result<model_config> read_config(const io::gguf& file) {
    const fp_control contract;  // these numbers go into results: a host's rounding must not
    model_config     c;
    auto             architecture = file.text("general.architecture");
    if (!architecture) return std::move(architecture).error();
    for (const auto* a : models::architectures)
        if (a->gguf_name == *architecture) c.recipe = a;
    if (c.recipe == nullptr)
        return file.fault(code::format_unsupported, "is of an architecture that does not run yet")
            .about("key", "general.architecture")
            .expected_found("one that plume runs", *architecture)
            .hint("these run: " + list_of_architectures());
    c.architecture  = *architecture;
    const auto name = file.text_or("general.name", "");
    if (!name) return error(name.error());
    c.name = *name;

    key_reader in(file, c.architecture);
    const bool rms   = c.recipe->norm == models::norm_kind::rms;
    c.L              = in.count("block_count", 1, max_layers);
    c.D              = in.count("embedding_length", 1, max_width);
    c.F              = in.count("feed_forward_length", 1, max_width);
    c.context_tokens = in.count("context_length", 1, max_context);
    c.norm_eps       = static_cast<float>(in.positive(rms ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon", 0, 1));
    read_heads(in, c);
    if (in.ok()) read_layers(in, c);
    if (in.ok()) read_rope(in, c);
    if (in.ok()) read_attention(in, c);
    if (in.ok()) read_experts(in, c);
    if (in.ok()) read_multipliers(in, c);
    if (!in.ok()) return in.fault();

    const auto* embedding = file.find_tensor("token_embd.weight");
    if (embedding == nullptr)
        return file.fault(code::format_invalid, "is missing")
            .about("tensor", "token_embd.weight")
            .hint("a file with a vocabulary alone can be used to tokenize, not to run");
    if (embedding->dims[1] > max_vocabulary)
        return file.fault(code::format_limit, "has more rows than a vocabulary may have")
            .about("tensor", embedding->name)
            .expected_found(max_vocabulary, embedding->dims[1]);
    c.V = static_cast<std::size_t>(embedding->dims[1]);
    return c;
}

}  // namespace plume
