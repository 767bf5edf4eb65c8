#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>

#include <plume/core/checked.hpp>
#include <plume/quant/formats.hpp>

#include "fast.hpp"
#include "panel.hpp"
#include "weights.hpp"

// The tensors of a model by their GGUF names, and where they will lie.

namespace plume {
namespace {

constexpr std::size_t alignment = 64;

using shape = std::array<std::uint64_t, 4>;  // as GGUF has it, the fastest dimension first

std::string to_text(const shape& dims) {
    return std::to_string(dims[0]) + " x " + std::to_string(dims[1]) + " x " + std::to_string(dims[2]) + " x " + std::to_string(dims[3]);
}

/// Collects the tensors of a model and keeps the first error.
class collector {
public:
    collector(const io::gguf& file, bool fast, std::vector<std::string>& names) : file_(file), fast_(fast), names_(names) {
        names_.reserve(file.tensors().size());  // so that they stay where they are
    }

    [[nodiscard]] bool has(const std::string& name) const { return file_.find_tensor(name) != nullptr; }

    /// A matrix w[N,D]. exact: no kernels that round more than the contract's.
    void take(const std::string& name, std::size_t N, std::size_t D, matrix& to, bool exact = false) { take_rows(name, {D, N, 1, 1}, 0, N, D, to, exact); }

    /// Rows [first, first + N) of a tensor of that shape, whose rows are counted over all its dimensions.
    void take_rows(const std::string& name, const shape& dims, std::size_t first, std::size_t N, std::size_t D, matrix& to, bool exact = false) {
        const auto* t = find(name, dims);
        if (t == nullptr) return;
        const auto&         f = *quant::find_format(t->type);
        weight_slot         slot{.tensor = t, .N = N, .D = D, .matrix = &to, .pairs = fast_ && f.is_float && !exact};
        const std::uint64_t rows = dims[1] * dims[2];
        slot.row_bytes           = static_cast<std::size_t>(t->bytes / rows);
        slot.begin               = std::uint64_t{first} * slot.row_bytes;
        if (first % dims[1] == 0) to.origin = {&name_of(*t), static_cast<std::uint32_t>(first / dims[1]), static_cast<std::uint32_t>(dims[2])};
        // Sizes are bounded by the file's own: rounding up to whole panels at most multiplies by 16 rows.
        place(slot, div_up(N, kernels::panel_rows), slot.pairs ? kernels::pairs_panel_bytes(D) : panel_bytes(f, D));
        plan_.room_bytes = std::max(plan_.room_bytes, panel_room::bytes(panel_bytes(f, D)));
    }

    /// A vector of n.
    void take(const std::string& name, std::size_t n, const float*& to) { take_part(name, {n, 1, 1, 1}, 0, n, to); }
    void take_if_there(const std::string& name, std::size_t n, const float*& to) {
        if (has(name)) take(name, n, to);
    }

    /// Elements [first, first + n) of a tensor of that shape.
    void take_part(const std::string& name, const shape& dims, std::size_t first, std::size_t n, const float*& to) {
        const auto* t = find(name, dims);
        if (t == nullptr) return;
        const auto& f = *quant::find_format(t->type);
        if (!f.is_float) {
            error_ =
                file_.fault(code::format_unsupported, "is a vector in a quantised type").about("tensor", t->name).expected_found("F32, F16 or BF16", f.name);
            return;
        }
        weight_slot slot{.tensor = t, .D = n, .vector = &to};
        slot.row_bytes = n * f.block_bytes;
        slot.begin     = std::uint64_t{first} * f.block_bytes;
        place(slot, 1, n * sizeof(float));
    }

    result<weight_plan> finish() {
        for (const auto& t : file_.tensors())
            if (!error_ && !taken_.contains(&t))
                error_ = file_.fault(code::format_unsupported, "is not part of this architecture as plume knows it")
                             .about("tensor", t.name)
                             .hint("a result computed without it would be wrong; the file may be of a newer variant");
        if (error_) return std::move(*error_);
        std::stable_partition(plan_.slots.begin(), plan_.slots.end(), [](const weight_slot& s) { return s.vector != nullptr; });
        std::size_t at = 0;
        for (auto& slot : plan_.slots) {
            slot.at = at;
            at      = round_up(at + slot.bytes, alignment);
        }
        return std::move(plan_);
    }

private:
    /// The tensor, if it is there, of that shape, and of a type that runs.
    const io::tensor_info* find(const std::string& name, const shape& dims) {
        if (error_) return nullptr;
        const auto* t = file_.find_tensor(name);
        if (t == nullptr) {
            error_ = file_.fault(code::format_invalid, "is missing").about("tensor", name);
            return nullptr;
        }
        taken_.insert(t);
        if (t->dims != dims) {
            error_ = file_.fault(code::format_invalid, "has the wrong shape").about("tensor", t->name).expected_found(to_text(dims), to_text(t->dims));
            return nullptr;
        }
        if (quant::find_format(t->type) == nullptr) {
            const auto known = quant::find_type(t->type);
            error_           = file_.fault(code::format_unsupported, "is of a weight type that does not run yet")
                         .about("tensor", t->name)
                         .expected_found(list_of_formats(), known ? std::string(known->name) : "type " + std::to_string(t->type));
            return nullptr;
        }
        return t;
    }

    /// The model's own copy of a tensor's name. A tensor's matrices are taken one after the other.
    const std::string& name_of(const io::tensor_info& t) {
        if (names_.empty() || names_.back() != t.name) names_.push_back(t.name);
        return names_.back();
    }

    void place(weight_slot& slot, std::uint64_t pieces, std::uint64_t piece_bytes) {
        const auto bytes = checked_mul(pieces, piece_bytes);
        const auto end   = bytes ? checked_add(plan_.bytes, *bytes) : std::nullopt;
        const auto next  = end ? checked_round_up(*end, alignment) : std::nullopt;
        if (!next) {
            error_ = file_.fault(code::format_limit, "is too large").about("tensor", slot.tensor->name);
            return;
        }
        slot.bytes  = static_cast<std::size_t>(*bytes);
        plan_.bytes = static_cast<std::size_t>(*next);
        plan_.slots.push_back(slot);
    }

    static std::string list_of_formats() {
        std::string text;
        for (const auto& f : quant::formats()) text += (text.empty() ? "" : ", ") + std::string(f.name);
        return text;
    }

    const io::gguf&                            file_;
    bool                                       fast_;
    std::vector<std::string>&                  names_;
    weight_plan                                plan_;
    std::unordered_set<const io::tensor_info*> taken_;
    std::optional<error>                       error_;
};

/// The tensors of one model's layers: names, shapes and which the recipe asks for.
class layer_tensors {
public:
    layer_tensors(collector& all, const model_config& c) : all_(all), c_(c), r_(*c.recipe) {}

    void take(std::size_t index, layer_weights& l) {
        at_ = "blk." + std::to_string(index) + '.';
        take_attention(l);
        const bool own_ffn_norm = !c_.parallel || all_.has(name(r_.ffn_norm) + ".weight");
        if (r_.pre_norm && own_ffn_norm && !l.ffn_norm) norm(name(r_.ffn_norm), c_.D, l.ffn_norm);
        if (r_.post_norm) {
            norm(name("post_attention_norm"), c_.D, l.attn_post_norm);
            norm(name("post_ffw_norm"), c_.D, l.ffn_post_norm);
        }
        if (c_.experts.n != 0 && all_.has(name("ffn_gate_inp.weight")))
            take_experts(l);
        else
            take_ffn("", c_.F, l.ffn);
    }

private:
    [[nodiscard]] std::string name(std::string_view what) const { return at_ + std::string(what); }

    void norm(const std::string& name, std::size_t n, norm_weights& to) {
        all_.take(name + ".weight", n, to.w);
        if (r_.norm == models::norm_kind::layer) all_.take_if_there(name + ".bias", n, to.b);
    }
    void linear(const std::string& name, std::size_t N, std::size_t D, matrix& m) {
        all_.take(name + ".weight", N, D, m);
        all_.take_if_there(name + ".bias", N, m.bias);
    }
    /// Rows [first, first + N) of a matrix that holds `rows` of several.
    void fused(const std::string& name, std::size_t rows, std::size_t first, std::size_t N, std::size_t D, matrix& m) {
        all_.take_rows(name + ".weight", {D, rows, 1, 1}, first, N, D, m);
        if (all_.has(name + ".bias")) all_.take_part(name + ".bias", {rows, 1, 1, 1}, first, N, m.bias);
    }

    void take_attention(layer_weights& l) {
        const std::size_t q = c_.H * c_.E, k = c_.K * c_.E;
        if (r_.pre_norm && all_.has(name("attn_norm_2.weight"))) {  // Falcon 40B: attention's norm is the second, the feed-forward's the first
            norm(name("attn_norm_2"), c_.D, l.attn_norm);
            norm(name("attn_norm"), c_.D, l.ffn_norm);
        } else if (r_.pre_norm) {
            norm(name("attn_norm"), c_.D, l.attn_norm);
        }
        if (all_.has(name("attn_qkv.weight"))) {
            fused(name("attn_qkv"), q + 2 * k, 0, q, c_.D, l.q);
            fused(name("attn_qkv"), q + 2 * k, q, k, c_.D, l.k);
            fused(name("attn_qkv"), q + 2 * k, q + k, k, c_.D, l.v);
        } else {
            linear(name("attn_q"), q, c_.D, l.q);
            linear(name("attn_k"), k, c_.D, l.k);
            linear(name("attn_v"), k, c_.D, l.v);
        }
        linear(name("attn_output"), c_.D, q, l.o);
        if (r_.sinks) all_.take(name("attn_sinks.weight"), c_.H, l.sinks);
        switch (r_.qk) {
            case models::qk_norm::none:
                break;
            case models::qk_norm::per_head:
                norm(name("attn_q_norm"), c_.E, l.q_norm);
                norm(name("attn_k_norm"), c_.E, l.k_norm);
                break;
            case models::qk_norm::own_per_head:
                if (!all_.has(name("attn_q_norm.weight"))) break;
                all_.take_part(name("attn_q_norm.weight"), {c_.E, c_.H, 1, 1}, 0, q, l.q_norm.w);
                all_.take_part(name("attn_k_norm.weight"), {c_.E, c_.K, 1, 1}, 0, k, l.k_norm.w);
                break;
            case models::qk_norm::full_width:
                norm(name("attn_q_norm"), q, l.q_norm);
                norm(name("attn_k_norm"), k, l.k_norm);
                break;
        }
    }

    void take_ffn(std::string_view suffix, std::size_t F, ffn_weights& w) {
        const std::string end(suffix);
        if (r_.gated && r_.fused_gate) {
            fused(name("ffn_up" + end), 2 * F, 0, F, c_.D, w.gate);
            fused(name("ffn_up" + end), 2 * F, F, F, c_.D, w.up);
        } else {
            if (r_.gated) linear(name("ffn_gate" + end), F, c_.D, w.gate);
            linear(name("ffn_up" + end), F, c_.D, w.up);
        }
        linear(name("ffn_down" + end), c_.D, F, w.down);
    }

    void take_experts(layer_weights& l) {
        const auto& x = c_.experts;
        all_.take(name("ffn_gate_inp.weight"), x.n, c_.D, l.router, true);
        all_.take_if_there(name("ffn_gate_inp.bias"), x.n, l.router.bias);
        l.experts.resize(x.n);
        if (r_.gated) each_expert("ffn_gate_exps", x.F, c_.D, l, &ffn_weights::gate);
        each_expert("ffn_up_exps", x.F, c_.D, l, &ffn_weights::up);
        each_expert("ffn_down_exps", c_.D, x.F, l, &ffn_weights::down);
        if (x.F_shared == 0) return;
        take_ffn("_shexp", x.F_shared, l.ffn);
        if (all_.has(name("ffn_gate_inp_shexp.weight"))) all_.take(name("ffn_gate_inp_shexp.weight"), 1, c_.D, l.shared_scale, true);
    }
    void each_expert(std::string_view what, std::size_t N, std::size_t D, layer_weights& l, matrix ffn_weights::*to) {
        const std::string weights = name(what) + ".weight", biases = name(what) + ".bias";
        const bool        biased = all_.has(biases);
        for (std::size_t i = 0; i < l.experts.size(); ++i) {
            all_.take_rows(weights, {D, N, l.experts.size(), 1}, i * N, N, D, l.experts[i].*to);
            if (biased) all_.take_part(biases, {N, l.experts.size(), 1, 1}, i * N, N, (l.experts[i].*to).bias);
        }
    }

    collector&            all_;
    const model_config&   c_;
    const models::recipe& r_;
    std::string           at_;
};

}  // namespace

result<weight_plan> plan_weights(const io::gguf& file, const model_config& c, model_weights& w, bool fast) {
    collector all(file, fast, w.names);
    w.layers.resize(c.L);
    all.take("token_embd.weight", c.V, c.D, w.embedding, true);
    if (c.recipe->learned) all.take("position_embd.weight", c.context_tokens, c.D, w.positions, true);
    all.take("output_norm.weight", c.D, w.output_norm.w);
    if (c.recipe->norm == models::norm_kind::layer) all.take_if_there("output_norm.bias", c.D, w.output_norm.b);
    if (all.has("output.weight")) {  // else tied: the head is the embedding
        all.take("output.weight", c.V, c.D, w.head);
        all.take_if_there("output.bias", c.V, w.head.bias);
    }
    all.take_if_there("rope_freqs.weight", c.rotated / 2, w.rope_factors);
    all.take_if_there("rope_factors_short.weight", c.rotated / 2, w.rope_short);
    all.take_if_there("rope_factors_long.weight", c.rotated / 2, w.rope_long);
    layer_tensors layers(all, c);
    for (std::size_t i = 0; i < c.L; ++i) layers.take(i, w.layers[i]);
    return all.finish();
}

}  // namespace plume
