#include <plume/models/config.hpp>

#include <cmath>
#include <optional>
#include <string>

#include <plume/core/printable.hpp>
#include <plume/models/architectures.hpp>

#include "src/system.hpp"

namespace plume {
namespace {

/// Upper ends that no published model comes near; they keep every product of sizes far from wrapping.
constexpr std::uint64_t max_layers = 512, max_width = 1u << 20, max_heads = 4096, max_head_width = 1024, max_vocabulary = 1u << 24, max_context = 1u << 26;

std::string list_of_architectures() {
    std::string text;
    for (const auto* a : models::architectures) text += (text.empty() ? "" : ", ") + std::string(a->gguf_name);
    return text;
}

/// Reads the keys of one architecture ("llama.block_count") and keeps the first error.
class key_reader {
public:
    key_reader(const io::gguf& file, std::string_view architecture) : file_(file), prefix_(std::string(architecture) + '.') {}

    [[nodiscard]] bool has(std::string_view key) const { return file_.find(prefix_ + std::string(key)) != nullptr; }

    std::size_t count(std::string_view key, std::uint64_t low, std::uint64_t high, std::optional<std::uint64_t> otherwise = {}) {
        const std::string full = prefix_ + std::string(key);
        auto              n    = otherwise ? file_.count_or(full, *otherwise) : file_.count(full);
        if (!n) return fail(std::move(n).error()), low;
        if (*n < low || *n > high) return fail(range(full, std::to_string(low) + " to " + std::to_string(high), std::to_string(*n))), low;
        return static_cast<std::size_t>(*n);
    }

    double positive(std::string_view key, double low, double high, std::optional<double> otherwise = {}) {
        const std::string full = prefix_ + std::string(key);
        auto              x    = otherwise ? file_.real_or(full, *otherwise) : file_.real(full);
        if (!x) return fail(std::move(x).error()), low;
        if (!(*x >= low && *x <= high)) return fail(range(full, to_text(low) + " to " + to_text(high), to_text(*x))), low;
        return *x;
    }

    /// A mechanism that this recipe does not compute: only its neutral value is accepted.
    void refuse_unless_zero(std::string_view key, std::string_view what) {
        const std::string full  = prefix_ + std::string(key);
        const auto*       value = file_.find(full);
        if (value == nullptr) return;
        const bool zero = (value->count() && *value->count() == 0) || (value->real() && *value->real() == 0) || (value->flag() && !*value->flag());
        if (!zero) fail(file_.fault(code::format_unsupported, "asks for " + std::string(what) + ", which does not run yet").about("key", full));
    }

    /// A factor that this recipe does not apply: 0 means that it is not there.
    void refuse_unless_neutral(std::string_view key, std::string_view what) {
        const auto* value = file_.find(prefix_ + std::string(key));
        if (value == nullptr || (value->real() && *value->real() == 1)) return;
        refuse_unless_zero(key, what);
    }

    void fail(error e) {
        if (!error_) error_ = std::move(e);
    }
    [[nodiscard]] bool            ok() const { return !error_; }
    [[nodiscard]] error&&         fault() { return std::move(*error_); }
    [[nodiscard]] const io::gguf& file() const { return file_; }
    [[nodiscard]] std::string     full(std::string_view key) const { return prefix_ + std::string(key); }

private:
    [[nodiscard]] error range(std::string_view key, std::string_view expected, std::string_view found) const {
        return file_.fault(code::format_invalid, "is out of range").about("key", key).expected_found(expected, found);
    }

    const io::gguf&      file_;
    std::string          prefix_;
    std::optional<error> error_;
};

void read_heads(key_reader& in, model_config& c) {
    c.H = in.count("attention.head_count", 1, max_heads);
    c.K = in.count("attention.head_count_kv", 1, max_heads, c.H);
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

void read_rope(key_reader& in, model_config& c) {
    c.rotated   = in.count("rope.dimension_count", 2, max_head_width, c.E);
    c.rope_base = in.positive("rope.freq_base", 1, 1e12, 10'000.0);
    if (in.ok() && (c.rotated % 2 != 0 || c.rotated > c.E))
        in.fail(in.file()
                    .fault(code::format_invalid, "must be even and no more than a head's width")
                    .about("key", in.full("rope.dimension_count"))
                    .expected_found("an even number up to " + std::to_string(c.E), std::to_string(c.rotated)));
    // Files from before the type was written have the factor alone, first under another name; they mean linear scaling.
    const std::string_view factor  = !in.has("rope.scaling.factor") && in.has("rope.scale_linear") ? "rope.scale_linear" : "rope.scaling.factor";
    const auto             scaling = in.file().text_or(in.full("rope.scaling.type"), in.has(factor) ? "linear" : "none");
    if (!scaling) return in.fail(error(scaling.error()));
    if (*scaling == "linear")
        c.rope_scale = 1 / in.positive(factor, 1e-3, 1e6);
    else if (*scaling != "none")
        in.fail(in.file()
                    .fault(code::format_unsupported, "names a scaling of positions that does not run yet")
                    .about("key", in.full("rope.scaling.type"))
                    .expected_found("none or linear", *scaling));
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
            .expected_found("one of: " + list_of_architectures(), *architecture);
    c.architecture  = *architecture;
    const auto name = file.text_or("general.name", "");
    if (!name) return error(name.error());
    c.name = *name;

    key_reader in(file, c.architecture);
    c.L              = in.count("block_count", 1, max_layers);
    c.D              = in.count("embedding_length", 1, max_width);
    c.F              = in.count("feed_forward_length", 1, max_width);
    c.context_tokens = in.count("context_length", 1, max_context);
    c.norm_eps       = static_cast<float>(in.positive("attention.layer_norm_rms_epsilon", 0, 1));
    read_heads(in, c);
    if (in.ok()) read_rope(in, c);
    in.refuse_unless_zero("expert_count", "a mixture of experts");
    in.refuse_unless_zero("attention.sliding_window", "a sliding attention window");
    in.refuse_unless_zero("attention.scale", "a scale of attention of its own");
    in.refuse_unless_zero("attention.clamp_kqv", "clamped queries, keys and values");
    in.refuse_unless_zero("attn_logit_softcapping", "a soft cap of attention scores");
    in.refuse_unless_zero("final_logit_softcapping", "a soft cap of logits");
    in.refuse_unless_neutral("logit_scale", "scaled logits");
    in.refuse_unless_neutral("embedding_scale", "scaled embeddings");
    in.refuse_unless_neutral("residual_scale", "a scaled residual stream");
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
    c.V               = static_cast<std::size_t>(embedding->dims[1]);
    c.attention_scale = 1.0f / std::sqrt(static_cast<float>(c.E));
    return c;
}

}  // namespace plume
