#include <algorithm>

#include "forward_matmul.hpp"

// The mixture of experts: "Outrageously Large Neural Networks: The Sparsely-Gated Mixture-of-Experts Layer", Shazeer et al. 2017, as Mixtral has it (Jiang
// et al. 2024, section 2.1). Tokens are grouped by expert, so that each expert's weights are read once however many tokens meet it; a token's sum knows
// nothing of the grouping.

namespace plume {

/// x[T,D] += Σ over a token's experts, ascending, of weight · expert(h), and then what the expert that all tokens meet gives.
void forward_pass::mixture(const layer_weights& w, std::size_t wanted) {
    const auto  nothing = [](std::size_t, std::size_t) {};
    const input h       = prepare(role::router, s_.x, w.ffn_norm, wanted, T_, {&w.router});  // h[T,D]
    matmul(h, {{&w.router, s_.experts.logits}}, nothing);
    each_row(wanted, T_, [&](std::size_t t) { choose_experts(t); });
    if (stop_.stop_requested()) return;
    sort_by_expert(wanted);
    const float* x = h.x - wanted * c_.D;
    run_experts(w, x);
    if (w.has_ffn()) {
        if (w.shared_scale.panels.data != nullptr) {
            const input to_scale = prepare(role::router, x, {}, wanted, T_, {&w.shared_scale});
            matmul(to_scale, {{&w.shared_scale, s_.experts.shared}}, nothing);
        }
        const input shared = prepare(role::gate_up, x, {}, wanted, T_, {&w.ffn.gate, &w.ffn.up});
        matmul(gated(w.ffn, c_.experts.F_shared, shared), {{&w.ffn.down, s_.up, apart_rows(c_.D)}}, nothing);
    }
    add_experts(w, wanted);
}

/// The experts of token t with the largest logits, of equal ones the lower, in ascending order, and their weights: the softmax over all experts, or over
/// these where the recipe divides by their sum.
void forward_pass::choose_experts(std::size_t t) const {
    const auto&    e      = s_.experts;
    const auto     n      = static_cast<std::uint32_t>(c_.experts.n);
    const auto     used   = c_.experts.used;
    float*         logits = e.logits + t * n;
    float*         weight = e.weights + t * used;
    std::uint32_t* chosen = e.chosen + t * used;
    for (std::size_t i = 0; i < used; ++i) {
        const auto    is_free = [&](std::uint32_t x) { return std::find(chosen, chosen + i, x) == chosen + i; };
        std::uint32_t best    = n;
        for (std::uint32_t x = 0; x < n; ++x)
            if (is_free(x) && (best == n || logits[x] > logits[best])) best = x;
        chosen[i] = best;
    }
    const float largest = logits[chosen[0]];
    std::sort(chosen, chosen + used);
    float sum = in_.table->exp_and_sum(logits, largest, n);
    if (c_.experts.renormalise) {
        sum = 0;
        for (std::size_t i = 0; i < used; ++i) sum += logits[chosen[i]];
    }
    for (std::size_t i = 0; i < used; ++i) weight[i] = logits[chosen[i]] / sum * c_.experts.scale;
}

void forward_pass::sort_by_expert(std::size_t wanted) const {
    const auto&       e = s_.experts;
    const std::size_t n = c_.experts.n, used = c_.experts.used;
    std::fill_n(e.begin, n + 1, 0u);
    for (std::size_t i = wanted * used; i < T_ * used; ++i) ++e.begin[e.chosen[i] + 1];
    for (std::size_t x = 0; x < n; ++x) e.begin[x + 1] += e.begin[x];
    for (std::size_t i = wanted * used; i < T_ * used; ++i) {  // each begin runs on to the next one's place
        const std::uint32_t row = e.begin[e.chosen[i]]++;
        e.rows[i]               = row;
        e.tokens[row]           = static_cast<std::uint32_t>(i / used);
    }
    for (std::size_t x = n; x > 0; --x) e.begin[x] = e.begin[x - 1];
    e.begin[0] = 0;
}

/// out of every row: down(function(gate)·up) of its expert, for x[T,D].
void forward_pass::run_experts(const layer_weights& w, const float* x) {
    const auto&       e = s_.experts;
    const std::size_t D = c_.D, F = c_.experts.F, D_apart = apart_rows(D), n = c_.experts.n;
    const bool        plain_in = is_float(w.experts[0].up) && (!c_.recipe->gated || is_float(w.experts[0].gate)), plain_out = is_float(w.experts[0].down);
    const std::size_t F_apart = plain_out ? F : apart_rows(F), rows = e.begin[n];
    const bool        two_in = two_planes(in_.activations, role::gate_up), two_out = two_planes(in_.activations, role::down), gated = c_.recipe->gated;
    const auto        activate = in_.table->activate[static_cast<std::size_t>(c_.recipe->function)];
    // An expert's rows, laid out by themselves.
    const auto input_of = [&](const float* from, std::size_t width, std::size_t stride, const kernels::quantised& planes, bool two, std::uint32_t expert) {
        kernels::quantised all = planes;
        all.D                  = width;
        if (!two) all.lo = nullptr;
        const std::size_t begin = e.begin[expert];
        return input{from + begin * stride, begin, e.begin[expert + 1] - begin, from_row(all, begin), stride};
    };
    const auto  x_of     = [&](std::uint32_t expert) { return input_of(e.x, D, D, e.planes, two_in, expert); };
    const auto  gate_of  = [&](std::uint32_t expert) { return input_of(e.gate, F, F_apart, e.ffn_planes, two_out, expert); };
    std::size_t n_active = 0;
    for (std::uint32_t i = 0; i < n; ++i)
        if (e.begin[i] != e.begin[i + 1]) e.active[n_active++] = i;

    each_row(0, rows, [&](std::size_t row) {
        std::copy_n(x + e.tokens[row] * D, D, e.x + row * D);
        if (plain_in) return;
        const auto  expert = static_cast<std::uint32_t>(std::upper_bound(e.begin, e.begin + n + 1, row) - e.begin - 1);
        const input in     = x_of(expert);
        quantise(in, row - in.begin, 0, D / kernels::block_elems);
    });
    for (std::size_t i = 0; i < n_active; ++i) {
        const ffn_weights& f = w.experts[e.active[i]];
        if (gated) tell(x_of(e.active[i]), f.gate);
        tell(x_of(e.active[i]), f.up);
    }
    // tasks(expert, panels [begin, end), room) over all active experts' matrices of N rows.
    const auto each_part = [&](const matrix& like, const auto& body) {
        const std::size_t panels = div_up(like.panels.N, kernels::panel_rows), all = panels * n_active,
                          fair  = div_up(all, std::max<std::size_t>(in_.workers->concurrency(), 1) * 8),
                          small = std::max<std::size_t>(task_bytes * (like.panels.pairs ? 8 : 1) / like.panels.panel_bytes, 1),
                          step = std::min(round_up(std::min(fair, small), 4), panels), per_expert = div_up(panels, step);
        each_task(n_active * per_expert, [&](std::size_t task, std::byte* room) {
            const std::size_t begin = task % per_expert * step;
            body(e.active[task / per_expert], begin, std::min(panels, begin + step), room);
        });
    };
    each_part(w.experts[0].up, [&](std::uint32_t expert, std::size_t begin, std::size_t end, std::byte* room) {
        const ffn_weights& f  = w.experts[expert];
        const input        in = x_of(expert), out = gate_of(expert);
        if (gated) matmul_panels(in, {&f.gate, e.gate, F_apart}, begin, end, room);
        matmul_panels(in, {&f.up, gated ? e.up : e.gate, F_apart}, begin, end, room);
        if (stop_.stop_requested()) return;
        const std::size_t first = begin * kernels::panel_rows, last = std::min(F, end * kernels::panel_rows);
        for (std::size_t t = 0; t < out.T; ++t) {
            const std::size_t at = (out.begin + t) * F_apart + first;
            activate(e.gate + at, gated ? e.up + at : nullptr, e.gate + at, last - first);
            if (!plain_out) quantise(out, t, first / kernels::block_elems, last / kernels::block_elems);
        }
    });
    for (std::size_t i = 0; i < n_active; ++i) tell(gate_of(e.active[i]), w.experts[e.active[i]].down);
    each_part(w.experts[0].down, [&](std::uint32_t expert, std::size_t begin, std::size_t end, std::byte* room) {
        matmul_panels(gate_of(expert), {&w.experts[expert].down, e.out, D_apart}, begin, end, room);
    });
}

void forward_pass::add_experts(const layer_weights& w, std::size_t wanted) {
    const auto&       e = s_.experts;
    const std::size_t D = c_.D, D_apart = apart_rows(D), used = c_.experts.used;
    each_row(wanted, T_, [&](std::size_t t) {
        float* sum = s_.h + t * D;  // what was h
        std::fill_n(sum, D, 0.0f);
        for (std::size_t i = t * used; i < (t + 1) * used; ++i) in_.table->add_scaled(e.out + e.rows[i] * D_apart, e.weights[i], sum, D);
        if (w.has_ffn()) {
            float share = 1;
            if (w.shared_scale.panels.data != nullptr) {  // the sigmoid
                float down = -e.shared[t];
                in_.table->exp_and_sum(&down, 0, 1);
                share = 1 / (1 + down);
            }
            in_.table->add_scaled(s_.up + t * D_apart, share, sum, D);
        }
        if (w.ffn_post_norm) normalise(sum, w.ffn_post_norm, sum, D);
        join(sum, s_.x + t * D, D);
    });
}

}  // namespace plume
