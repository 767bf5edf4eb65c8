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

constexpr std::size_t task_bytes         = std::size_t{128} << 10;  // of weights: small enough that a thread which lost its core delays the others little
constexpr std::size_t ms_between_stops   = 4;                       // of a task's work
constexpr std::size_t input_bytes        = std::size_t{1} << 20;    // of quantised rows that a task meets at a time: what stays in a core's second cache
constexpr float       largest_in_cache[] = {65504.0f, 3.4028234e38f, 127 * 65504.0f};  // by kv_type
static_assert(std::size(largest_in_cache) == n_kv_types);

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
    if (auto same = repack_.check(); !same) return same;
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
    const matrix& w = in_.weights->embedding;
    each_row(0, T_, [&](std::size_t t) { repack_.read_row(w.panels, w.in_file, static_cast<std::size_t>(tokens[t]), s_.x + t * c_.D); });
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
    const std::size_t    D = c_.D, F = c_.F, D_apart = apart_rows(D), F_apart = is_float(w.down) ? F : apart_rows(F);
    const auto           nothing  = [](std::size_t, std::size_t) {};
    const auto           add_to_x = [&](std::size_t n_begin, std::size_t n_end) {  // x[T,D] += up
        for (std::size_t t = wanted; t < T_; ++t) in_.table->add(s_.up + t * D_apart + n_begin, s_.x + t * D + n_begin, n_end - n_begin);
    };

    const input h = normed(role::qkv, w.attn_norm, 0, T_, {&w.q, &w.k, &w.v});  // h[T,D]
    if (wanted == 0) {
        matmul(h, {{&w.q, s_.q}, {&w.k, s_.k}, {&w.v, s_.v}}, nothing);  // q[T,H,E] k[T,K,E] v[T,K,E]
    } else {
        matmul(h, {{&w.k, s_.k}, {&w.v, s_.v}}, nothing);
        const std::size_t first = wanted / in_.table->token_step * in_.table->token_step;  // a few rows more, which nobody reads
        matmul({h.x + first * D, first, T_ - first, from_row(h.planes, first), D}, {{&w.q, s_.q}}, nothing);
    }
    rope_and_append(index, wanted);  // now S + T positions
    if (wanted == T_) return;
    attend(index, wanted);  // q[T,H,E] becomes the heads' output
    const input heads = make_input(role::o, s_.q, c_.H * c_.E, c_.H * c_.E, wanted, T_);
    if (!is_float(w.o)) each_row(0, heads.T, [&](std::size_t t) { quantise(heads, t, 0, heads.planes.D / kernels::block_elems); });
    matmul(heads, {{&w.o, s_.up, D_apart}}, add_to_x);  // x[T,D] += heads · Wo^T

    const input ffn  = normed(role::gate_up, w.ffn_norm, wanted, T_, {&w.gate, &w.up});
    const input gate = make_input(role::down, s_.gate, F, F_apart, wanted, T_);
    const auto  silu = [&](std::size_t n_begin, std::size_t n_end) {  // gate[T,F] = silu(gate)·up
        for (std::size_t t = 0; t < gate.T; ++t) {
             const std::size_t at = (wanted + t) * F_apart + n_begin;
             in_.table->silu_mul(s_.gate + at, s_.up + at, s_.gate + at, n_end - n_begin);
             if (!is_float(w.down)) quantise(gate, t, n_begin / kernels::block_elems, n_end / kernels::block_elems);
        }
    };
    matmul(ffn, {{&w.gate, s_.gate, F_apart}, {&w.up, s_.up, F_apart}}, silu, true);
    matmul(gate, {{&w.down, s_.up, D_apart}}, add_to_x);
}

/// The rows [begin, end) of x[.,D] as the input of matrices in role r; who writes x quantises it.
forward_pass::input forward_pass::make_input(role r, const float* x, std::size_t D, std::size_t stride, std::size_t begin, std::size_t end) const {
    input in{x + begin * stride, begin, end - begin, r == role::down ? s_.ffn_planes : s_.planes, stride};
    in.planes.D = D;
    if (!two_planes(in_.activations, r)) in.planes.lo = nullptr;
    return in;
}

/// Rows [begin, end) of x, normalised into h, and quantised unless all that read them are floats.
forward_pass::input forward_pass::normed(role r, const float* norm, std::size_t begin, std::size_t end, std::initializer_list<const matrix*> readers) {
    const input in    = make_input(r, s_.h, c_.D, c_.D, begin, end);
    const bool  plain = std::all_of(readers.begin(), readers.end(), [](const matrix* m) { return is_float(*m); });
    each_row(0, in.T, [&](std::size_t t) {
        in_.table->rms_norm(s_.x + (begin + t) * c_.D, norm, c_.norm_eps, s_.h + (begin + t) * c_.D, c_.D);
        if (!plain) quantise(in, t, 0, c_.D / kernels::block_elems);
    });
    return in;
}

void forward_pass::quantise(const input& in, std::size_t row, std::size_t b_begin, std::size_t b_end) const {
    in_.table->quantise(in.x + row * in.stride, row, in.T, b_begin, b_end, in.planes);
}

void forward_pass::rope_and_append(std::size_t index, std::size_t wanted) {
    const std::size_t E = c_.E, pairs = c_.rotated / 2;
    const auto        type   = static_cast<std::size_t>(cache_.layout().type);
    const float       limit  = largest_in_cache[type];
    const auto        append = in_.table->cache[type].append;
    each_row(0, T_, [&](std::size_t t) {
        const float *cosine = s_.cosine + t * pairs, *sine = s_.sine + t * pairs;
        float *      k = s_.k + t * c_.K * E, *v = s_.v + t * c_.K * E;
        if (t >= wanted) in_.table->rope_interleaved(s_.q + t * c_.H * E, c_.H, E, cosine, sine, c_.rotated);
        in_.table->rope_interleaved(k, c_.K, E, cosine, sine, c_.rotated);
        bool fits = true;
        for (std::size_t i = 0; i < c_.K * E; ++i) fits = fits && std::fabs(k[i]) <= limit && std::fabs(v[i]) <= limit;  // false for NaN too
        if (!fits) overflow_ = true;
        const std::size_t piece = (S_ + t) / kv::piece_positions, position = (S_ + t) % kv::piece_positions;
        for (std::size_t head = 0; head < c_.K; ++head)
            append(k + head * E, v + head * E, position, E, cache_.keys(index, head, piece), cache_.values(index, head, piece));
    });
}

/// Query tokens of one attention task: as many as share decoded keys and values, but no fewer tasks than threads need.
std::size_t forward_pass::attention_tokens(std::size_t T, std::size_t splits) const {
    constexpr std::size_t least_rows = 16;
    const std::size_t     G = c_.H / c_.K, wanted_tasks = in_.workers->concurrency() * 8;
    std::size_t           n = std::max<std::size_t>(kernels::attention_rows / G, 1);
    while (n > 1 && n * G > least_rows && c_.K * splits * div_up(T, n) < wanted_tasks) n = div_up(n, 2);
    return div_up(T, div_up(T, n));  // blocks of about the same size
}

/// Causal attention, "Attention Is All You Need", Vaswani et al. 2017, eq. 1, by online softmax over tiles: "Online normalizer calculation for softmax",
/// Milakov and Gimelshein 2018. Splits begin at fixed positions and are merged in order, so that threads never change a bit.
void forward_pass::attend(std::size_t index, std::size_t wanted) {
    const std::size_t E = c_.E, G = c_.H / c_.K, split = kernels::attention_split, row = kernels::partial_floats(E), partial = G * row;
    const auto        kernel = in_.table->cache[static_cast<std::size_t>(cache_.layout().type)].attention;
    // Splits with positions that token t sees: [oldest(t), newest(t)).
    const auto        oldest   = [&](std::size_t t) { return c_.window != 0 && S_ + t + 1 > c_.window ? (S_ + t + 1 - c_.window) / split : 0; };
    const auto        newest   = [&](std::size_t t) { return div_up(S_ + t + 1, split); };
    const auto        partials = [&](std::size_t t, std::size_t head) { return s_.partials + (t * c_.K + head) * s_.splits * partial; };
    const std::size_t splits = newest(T_ - 1) - oldest(wanted), size = attention_tokens(T_ - wanted, splits), blocks = div_up(T_ - wanted, size);
    std::fill_n(s_.attended, c_.K * blocks, 0u);
    parallel(*in_.workers, c_.K * splits * blocks, [&](std::size_t task) {  // neighbours share a split's keys and values
        const std::size_t block = task % blocks, s = oldest(wanted) + task / blocks % splits, head = task / blocks / splits;
        const std::size_t t = wanted + block * size, last = std::min(t + size, T_) - 1;
        if (s < oldest(t) || s >= newest(last) || stop_.stop_requested()) return;
        kernel({.q                = s_.q + (t * c_.H + head * G) * E,
                .q_stride         = E,
                .q_token_stride   = c_.H * E,
                .k                = cache_.keys(index, head, 0),
                .v                = cache_.values(index, head, 0),
                .piece_stride     = cache_.layout().piece_bytes(),
                .position         = S_ + t,
                .begin            = s * split,
                .T                = last + 1 - t,
                .G                = G,
                .E                = E,
                .window           = c_.window,
                .scale            = c_.attention_scale,
                .out              = partials(t, head) + s * partial,
                .out_token_stride = c_.K * s_.splits * partial});
        // Whoever ends last joins the splits: all heads of a block are then read, and may be overwritten.
        if (std::atomic_ref(s_.attended[head * blocks + block]).fetch_add(1, std::memory_order_acq_rel) + 1 != newest(last) - oldest(t)) return;
        for (std::size_t i = t; i <= last; ++i)
            for (std::size_t g = 0; g < G; ++g)
                in_.table->merge_attention(partials(i, head) + oldest(i) * partial + g * row, newest(i) - oldest(i), partial, E,
                                           s_.q + (i * c_.H + head * G + g) * E);
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
    const bool        fast     = jobs.begin()->w->panels.pairs;  // those kernels do so much more in the same time, and round the activations anew for each task
    const std::size_t fair     = div_up(all, std::max<std::size_t>(in_.workers->concurrency(), 1) * 8),
                      small    = std::max<std::size_t>(task_bytes * (fast ? 8 : 1) / jobs.begin()->w->panels.panel_bytes, 1);
    const std::size_t step     = round_up(std::min(fair, small), 4);  // kernels like four panels in flight
    const auto        tasks_of = [&](const job& j) { return div_up(panels_of(j), step); };
    std::size_t       tasks    = 0;
    for (const job& j : jobs) tasks += tasks_of(j);
    if (side_by_side) tasks = tasks_of(*jobs.begin());

    each_task(tasks, [&](std::size_t task, std::byte* room) {
        const job* j = jobs.begin();
        for (; task >= tasks_of(*j); ++j) task -= tasks_of(*j);
        const std::size_t begin = task * step, end = std::min(panels_of(*j), begin + step);
        for (const job* each = j; each != (side_by_side ? jobs.end() : j + 1); ++each) matmul_panels(in, *each, begin, end, room);
        if (!stop_.stop_requested()) epilogue(begin * kernels::panel_rows, std::min(j->w->panels.N, end * kernels::panel_rows));
    });
}

/// body(task, room) for each task of a matmul, on the executor's threads. While the model is repacked each thread has a room for panels.
template <class Body>
void forward_pass::each_task(std::size_t n, const Body& body) {
    if (!repack_.active()) return parallel(*in_.workers, n, [&](std::size_t task) { body(task, nullptr); });
    const std::size_t        one_room = in_.weights->repack->room_bytes();
    std::atomic<std::size_t> next     = 0;
    parallel(*in_.workers, s_.rooms.size() / one_room, [&](std::size_t thread) {
        for (std::size_t task = next.fetch_add(1); task < n; task = next.fetch_add(1)) body(task, s_.rooms.data() + thread * one_room);
    });
}

/// Outputs of panels [panel_begin, panel_end) of one matrix for all rows, in pieces between which the stop token is looked at.
void forward_pass::matmul_panels(const input& in, const job& j, std::size_t panel_begin, std::size_t panel_end, std::byte* room) {
    const auto&       w        = j.w->panels;
    const auto&       entry    = in_.table->matmul[w.format];
    const auto        floats   = w.pairs ? in_.fast->matmul : entry.f32;  // null: codes
    const std::size_t y_stride = j.y_stride == 0 ? w.N : j.y_stride;
    repack_.each_run(w, j.w->in_file, panel_begin, panel_end, room, [&](const kernels::panels& part, std::size_t first, std::size_t last, std::size_t row) {
        const std::size_t per_token = (last - first) * kernels::panel_rows * w.D;
        const std::size_t in_time   = ms_between_stops * in_.table->mults_per_ms / per_token;
        const std::size_t most      = floats != nullptr ? in_time : std::min(in_time, input_bytes / w.D);
        const std::size_t slice     = round_up(std::max<std::size_t>(most, 1), in_.table->token_step);
        for (std::size_t t = 0; t < in.T && !stop_.stop_requested(); t += slice) {
            const std::size_t n = std::min(slice, in.T - t);
            float*            y = j.y + (in.begin + t) * y_stride + row;
            if (floats != nullptr)
                floats(part, first, last, in.x + t * w.D, n, y, y_stride);
            else
                (in.planes.lo != nullptr ? entry.a16 : entry.a8)(part, first, last, from_row(in.planes, t), n, y, y_stride);
        }
    });
    if (j.w->bias == nullptr || stop_.stop_requested()) return;
    const std::size_t first = panel_begin * kernels::panel_rows, last = std::min(w.N, panel_end * kernels::panel_rows);
    for (std::size_t t = in.begin; t < in.begin + in.T; ++t) in_.table->add(j.w->bias + first, j.y + t * y_stride + first, last - first);
}

/// The one matrix that no matmul reads: rows are taken out of it.
void forward_pass::move_embedding() {
    if (!repack_.active() || in_.weights->tied()) return;
    const matrix& w = in_.weights->embedding;
    parallel(*in_.workers, div_up(w.panels.N, kernels::panel_rows), [&](std::size_t panel) {
        if (!stop_.stop_requested()) (void)repack_.ready(*w.in_file, panel);
    });
}

result<std::span<const float>> forward_pass::logits(std::size_t row, std::size_t n) {
    const matrix& head = in_.weights->head;
    input         h    = normed(role::head, in_.weights->output_norm, row, row + n, {&head});  // h[n,D]
    h.begin            = 0;
    matmul(h, {{&head, s_.logits}}, [](std::size_t, std::size_t) {});  // logits[n,V]
    move_embedding();
    if (stop_.stop_requested()) return step_cancelled();
    const std::span<const float> out(s_.logits, n * c_.V);
    if (!in_.table->all_finite(out.data(), out.size()))
        return error{code::not_finite, "computed a logit that is not a finite number"}.hint(
            "the weights may be damaged (plume check), or the kv type f16 too narrow for this model (try f32)");
    return out;
}

}  // namespace plume
