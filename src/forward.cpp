#include "forward.hpp"

#include <algorithm>
#include <cmath>

#include <plume/core/checked.hpp>
#include <plume/quant/formats.hpp>

#include "numerics.hpp"
#include "panel.hpp"
#include "parallel.hpp"

namespace plume {
namespace {

constexpr std::size_t task_bytes       = std::size_t{128} << 10;  // of weights: small enough that a thread which lost its core delays the others little
constexpr std::size_t ms_between_stops = 4;                       // of a task's work
constexpr float       largest_f16      = 65504.0f;

/// The rows from `row` on, a multiple of the target's token_step.
kernels::quantised from_row(const kernels::quantised& x, std::size_t row) {
    const std::size_t  blocks = x.D / kernels::block_elems;
    kernels::quantised y      = x;
    y.hi += row * x.D;
    y.lo = x.lo == nullptr ? nullptr : x.lo + row * x.D;
    y.s += row * blocks;
    y.sums += row * blocks * 2;
    y.S += row * blocks;
    return y;
}

bool is_float(const matrix& m) { return quant::formats()[m.panels.format].is_float; }

}  // namespace

/// body(row) for each row: on the executor where there are several, else here.
template <class Body>
void forward_pass::each_row(std::size_t begin, std::size_t end, const Body& body) {
    constexpr std::size_t rows_per_task = 4;
    parallel(*in_.workers, div_up(end - begin, rows_per_task), [&](std::size_t task) {
        if (stop_.stop_requested()) return;
        const std::size_t first = begin + task * rows_per_task;
        for (std::size_t t = first; t < std::min(end, first + rows_per_task); ++t) body(t);
    });
}

result<void> forward_pass::run(std::span<const token_id> tokens, std::size_t S, std::size_t wanted) {
    S_ = S;
    T_ = tokens.size();
    embed(tokens);   // x[T,D]
    prepare_rope();  // cosine, sine [T, rotated/2]
    for (std::size_t i = 0; i < c_.L; ++i) {
        decoder_layer(i, i + 1 == c_.L ? wanted : 0);  // in the last layer only what somebody asked for
        if (stop_.stop_requested()) return step_cancelled();
    }
    if (overflow_)
        return error{code::not_finite, "computed a key or value that the cache's type cannot hold"}.hint(
            "use the kv type f32; if that fails too, the model's weights are damaged");
    return {};
}

void forward_pass::embed(std::span<const token_id> tokens) {
    each_row(0, T_, [&](std::size_t t) { unpack_row(in_.weights->embedding, static_cast<std::size_t>(tokens[t]), s_.x + t * c_.D); });
}

/// "RoFormer: Enhanced Transformer with Rotary Position Embedding", Su et al. 2021, section 3.2.2. Angles in double: a float's position·frequency is off by
/// 1e-3 at 16k.
void forward_pass::prepare_rope() {
    const std::size_t pairs = c_.rotated / 2;
    each_row(0, T_, [&](std::size_t t) {
        for (std::size_t i = 0; i < pairs; ++i) {
            const double angle       = static_cast<double>(S_ + t) * in_.frequencies[i];
            s_.cosine[t * pairs + i] = static_cast<float>(numerics::cos(angle));
            s_.sine[t * pairs + i]   = static_cast<float>(numerics::sin(angle));
        }
    });
}

/// One pre-norm decoder layer; x[T,D] is the residual stream, updated in place for rows [wanted, T).
void forward_pass::decoder_layer(std::size_t index, std::size_t wanted) {
    const layer_weights& w = in_.weights->layers[index];
    const std::size_t    D = c_.D, F = c_.F;
    const auto           nothing  = [](std::size_t, std::size_t) {};
    const auto           add_to_x = [&](std::size_t n_begin, std::size_t n_end) {  // x[T,D] += h
        for (std::size_t t = wanted; t < T_; ++t) in_.table->add(s_.h + t * D + n_begin, s_.x + t * D + n_begin, n_end - n_begin);
    };

    const input h = normed(role::qkv, w.attn_norm, 0, T_, {&w.q, &w.k, &w.v});  // h[T,D]
    if (wanted == 0) {
        matmul(h, {{&w.q, s_.q}, {&w.k, s_.k}, {&w.v, s_.v}}, nothing);  // q[T,H,E] k[T,K,E] v[T,K,E]
    } else {
        matmul(h, {{&w.k, s_.k}, {&w.v, s_.v}}, nothing);
        const std::size_t first = wanted / in_.table->token_step * in_.table->token_step;  // a few rows more, which nobody reads
        matmul({h.x + first * D, first, T_ - first, from_row(h.planes, first)}, {{&w.q, s_.q}}, nothing);
    }
    rope_and_append(index, wanted);  // now S + T positions
    if (wanted == T_) return;
    attend(index, wanted);  // q[T,H,E] becomes the heads' output
    const input heads = make_input(role::o, s_.q, c_.H * c_.E, wanted, T_);
    if (!is_float(w.o)) each_row(0, heads.T, [&](std::size_t t) { quantise(heads, t, 0, heads.planes.D / kernels::block_elems); });
    matmul(heads, {{&w.o, s_.h}}, add_to_x);  // x[T,D] += heads · Wo^T

    const input ffn  = normed(role::gate_up, w.ffn_norm, wanted, T_, {&w.gate, &w.up});
    const input gate = make_input(role::down, s_.gate, F, wanted, T_);
    const auto  silu = [&](std::size_t n_begin, std::size_t n_end) {  // gate[T,F] = silu(gate)·up
        for (std::size_t t = 0; t < gate.T; ++t) {
             const std::size_t at = (wanted + t) * F + n_begin;
             in_.table->silu_mul(s_.gate + at, s_.up + at, s_.gate + at, n_end - n_begin);
             if (!is_float(w.down)) quantise(gate, t, n_begin / kernels::block_elems, n_end / kernels::block_elems);
        }
    };
    matmul(ffn, {{&w.gate, s_.gate}, {&w.up, s_.up}}, silu, true);
    matmul(gate, {{&w.down, s_.h}}, add_to_x);
}

/// The rows [begin, end) of x[.,D] as the input of matrices in role r; who writes x quantises it.
forward_pass::input forward_pass::make_input(role r, const float* x, std::size_t D, std::size_t begin, std::size_t end) const {
    input in{x + begin * D, begin, end - begin, r == role::down ? s_.ffn_planes : s_.planes};
    in.planes.D = D;
    if (!two_planes(in_.activations, r)) in.planes.lo = nullptr;
    return in;
}

/// Rows [begin, end) of x, normalised into h, and quantised unless all that read them are floats.
forward_pass::input forward_pass::normed(role r, const float* norm, std::size_t begin, std::size_t end, std::initializer_list<const matrix*> readers) {
    const input in    = make_input(r, s_.h, c_.D, begin, end);
    const bool  plain = std::all_of(readers.begin(), readers.end(), [](const matrix* m) { return is_float(*m); });
    each_row(0, in.T, [&](std::size_t t) {
        in_.table->rms_norm(s_.x + (begin + t) * c_.D, norm, c_.norm_eps, s_.h + (begin + t) * c_.D, c_.D);
        if (!plain) quantise(in, t, 0, c_.D / kernels::block_elems);
    });
    return in;
}

void forward_pass::quantise(const input& in, std::size_t row, std::size_t b_begin, std::size_t b_end) const {
    in_.table->quantise(in.x + row * in.planes.D, row, in.T, b_begin, b_end, in.planes);
}

void forward_pass::rope_and_append(std::size_t index, std::size_t wanted) {
    const std::size_t E = c_.E, pairs = c_.rotated / 2;
    const bool        f16    = cache_.layout().type == kv_type::f16;
    const float       limit  = f16 ? largest_f16 : 3.4028234e38f;
    const auto        append = f16 ? in_.table->append_kv_f16 : in_.table->append_kv_f32;
    each_row(0, T_, [&](std::size_t t) {
        const float *cosine = s_.cosine + t * pairs, *sine = s_.sine + t * pairs;
        float *      k = s_.k + t * c_.K * E, *v = s_.v + t * c_.K * E;
        if (t >= wanted) in_.table->rope_interleaved(s_.q + t * c_.H * E, c_.H, E, cosine, sine, c_.rotated);
        in_.table->rope_interleaved(k, c_.K, E, cosine, sine, c_.rotated);
        bool fits = true;
        for (std::size_t i = 0; i < c_.K * E; ++i) fits = fits && std::fabs(k[i]) <= limit && std::fabs(v[i]) <= limit;  // false for NaN too
        if (!fits) overflow_ = true;
        for (std::size_t head = 0; head < c_.K; ++head) append(k + head * E, v + head * E, S_ + t, E, cache_.keys(index, head), cache_.values(index, head));
    });
}

/// Causal attention, "Attention Is All You Need", Vaswani et al. 2017, eq. 1, by online softmax over tiles: "Online normalizer calculation for softmax",
/// Milakov and Gimelshein 2018. Splits begin at fixed positions and are merged in order, so that threads never change a bit.
void forward_pass::attend(std::size_t index, std::size_t wanted) {
    const std::size_t E = c_.E, G = c_.H / c_.K, split = kernels::attention_split, partial = G * (E + 2);
    const auto        kernel   = cache_.layout().type == kv_type::f16 ? in_.table->attention_f16 : in_.table->attention_f32;
    const std::size_t splits   = div_up(S_ + T_, split);
    const auto        partials = [&](std::size_t t, std::size_t head) { return s_.partials + (t * c_.K + head) * s_.splits * partial; };
    parallel(*in_.workers, (T_ - wanted) * c_.K * splits, [&](std::size_t task) {
        const std::size_t s = task % splits, head = task / splits % c_.K, t = wanted + task / splits / c_.K, visible = S_ + t + 1;
        if (s * split >= visible || stop_.stop_requested()) return;
        kernel({.q        = s_.q + (t * c_.H + head * G) * E,
                .q_stride = E,
                .k        = cache_.keys(index, head),
                .v        = cache_.values(index, head),
                .begin    = s * split,
                .end      = std::min(visible, (s + 1) * split),
                .G        = G,
                .E        = E,
                .scale    = c_.attention_scale,
                .out      = partials(t, head) + s * partial});
    });
    each_row(wanted, T_, [&](std::size_t t) {
        for (std::size_t head = 0; head < c_.K; ++head)
            for (std::size_t g = 0; g < G; ++g)
                in_.table->merge_attention(partials(t, head) + g * (E + 2), div_up(S_ + t + 1, split), partial, E, s_.q + (t * c_.H + head * G + g) * E);
    });
}

/// y[T,N] = x[T,D] · w[N,D]^T + b for several matrices that share their input; side by side, if they have equal N: a task computes the same outputs of all.
/// When outputs [n_begin, n_end) of all rows are there, epilogue(n_begin, n_end) runs on the same thread; they are whole blocks of 32 but for the matrix's end.
template <class Epilogue>
void forward_pass::matmul(const input& in, std::initializer_list<job> jobs, const Epilogue& epilogue, bool side_by_side) {
    if (in.T == 0) return;
    const auto  panels_of = [](const job& j) { return div_up(j.w->panels.N, kernels::panel_rows); };
    std::size_t all       = 0;
    for (const job& j : jobs) all += panels_of(j);
    const std::size_t fair     = div_up(all, std::max<std::size_t>(in_.workers->concurrency(), 1) * 8),
                      small    = std::max<std::size_t>(task_bytes / jobs.begin()->w->panels.panel_bytes, 1);
    const std::size_t step     = round_up(std::min(fair, small), 4);  // kernels like four panels in flight
    const auto        tasks_of = [&](const job& j) { return div_up(panels_of(j), step); };
    std::size_t       tasks    = 0;
    for (const job& j : jobs) tasks += tasks_of(j);
    if (side_by_side) tasks = tasks_of(*jobs.begin());

    parallel(*in_.workers, tasks, [&](std::size_t task) {
        const job* j = jobs.begin();
        for (; task >= tasks_of(*j); ++j) task -= tasks_of(*j);
        const std::size_t begin = task * step, end = std::min(panels_of(*j), begin + step);
        for (const job* each = j; each != (side_by_side ? jobs.end() : j + 1); ++each) matmul_panels(in, *each, begin, end);
        if (!stop_.stop_requested()) epilogue(begin * kernels::panel_rows, std::min(j->w->panels.N, end * kernels::panel_rows));
    });
}

/// Outputs of panels [panel_begin, panel_end) of one matrix for all rows, in pieces between which the stop token is looked at.
void forward_pass::matmul_panels(const input& in, const job& j, std::size_t panel_begin, std::size_t panel_end) const {
    const auto&       w         = j.w->panels;
    const auto&       entry     = in_.table->matmul[w.format];
    const std::size_t per_token = (panel_end - panel_begin) * kernels::panel_rows * w.D;
    const std::size_t slice     = round_up(std::max<std::size_t>(ms_between_stops * in_.table->mults_per_ms / per_token, 1), in_.table->token_step);
    for (std::size_t t = 0; t < in.T; t += slice) {
        if (stop_.stop_requested()) return;
        const std::size_t n = std::min(slice, in.T - t);
        float*            y = j.y + (in.begin + t) * w.N;
        if (entry.f32 != nullptr)
            entry.f32(w, panel_begin, panel_end, in.x + t * w.D, n, y, w.N);
        else
            (in.planes.lo != nullptr ? entry.a16 : entry.a8)(w, panel_begin, panel_end, from_row(in.planes, t), n, y, w.N);
    }
    if (j.w->bias == nullptr) return;
    const std::size_t first = panel_begin * kernels::panel_rows, last = std::min(w.N, panel_end * kernels::panel_rows);
    for (std::size_t t = in.begin; t < in.begin + in.T; ++t) in_.table->add(j.w->bias + first, j.y + t * w.N + first, last - first);
}

result<std::span<const float>> forward_pass::logits(std::size_t row, std::size_t n) {
    const matrix head{.panels = in_.weights->head, .bias = nullptr};
    input        h = normed(role::head, in_.weights->output_norm, row, row + n, {&head});  // h[n,D]
    h.begin        = 0;
    matmul(h, {{&head, s_.logits}}, [](std::size_t, std::size_t) {});  // logits[n,V]
    if (stop_.stop_requested()) return step_cancelled();
    const std::span<const float> out(s_.logits, n * c_.V);
    if (!in_.table->all_finite(out.data(), out.size()))
        return error{code::not_finite, "computed a logit that is not a finite number"}.hint(
            "the weights may be damaged (plume check), or the kv type f16 too narrow for this model (try f32)");
    return out;
}

}  // namespace plume
