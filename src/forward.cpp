#include "forward.hpp"

#include "forward_matmul.hpp"

namespace plume {

result<void> forward_pass::run(std::span<const token_id> tokens, std::size_t S, std::size_t wanted) {
    if (auto same = repack_.check(); !same) return same;
    S_ = S;
    T_ = tokens.size();
    embed(tokens);   // x[T,D]
    prepare_rope();  // cosine, sine [T, rotated/2]
    for (std::size_t i = 0; i < c_.L; ++i) {
        decoder_layer(i, i + 1 == c_.L && in_.on_input == nullptr ? wanted : 0);  // in the last layer only what somebody asked for
        if (stop_.stop_requested()) return step_cancelled();
    }
    if (overflow_)
        return error{code::not_finite, "computed a key or value that the cache's type cannot hold"}.hint(
            "use the kv type f32; if that fails too, the model's weights are damaged");
    return {};
}

void forward_pass::embed(std::span<const token_id> tokens) {
    const matrix &w = in_.weights->embedding, &positions = in_.weights->positions;
    each_row(0, T_, [&](std::size_t t) {
        float* x = s_.x + t * c_.D;
        repack_.read_row(w.panels, w.in_file, static_cast<std::size_t>(tokens[t]), x);
        if (c_.embedding_scale != 1) in_.table->scale(c_.embedding_scale, x, c_.D);
        if (positions.panels.data == nullptr) return;
        float* row = s_.h + t * c_.D;
        repack_.read_row(positions.panels, positions.in_file, S_ + t, row);
        in_.table->add(row, x, c_.D);
    });
}

void forward_pass::normalise(const float* x, const norm_weights& norm, float* y, std::size_t n) const {
    if (c_.recipe->norm == models::norm_kind::rms)
        in_.table->rms_norm(x, norm.w, c_.norm_eps, y, n);
    else
        in_.table->layer_norm(x, norm.w, norm.b, c_.norm_eps, y, n);
}

/// n elements of y join the residual stream x.
void forward_pass::join(const float* y, float* x, std::size_t n) const {
    if (c_.residual_scale == 1)
        in_.table->add(y, x, n);
    else
        in_.table->add_scaled(y, c_.residual_scale, x, n);
}

/// One decoder layer; x[T,D] is the residual stream, updated in place for rows [wanted, T).
void forward_pass::decoder_layer(std::size_t index, std::size_t wanted) {
    const layer_weights& w = in_.weights->layers[index];
    project_qkv(w, wanted);                                                              // q[T,H,E] k[T,K,E] v[T,K,E]
    const bool beside = c_.parallel;                                                     // the feed-forward reads x as it is before attention joins
    if (beside && w.ffn_norm) prepare(role::gate_up, s_.x, w.ffn_norm, wanted, T_, {});  // else it reads attention's h
    rope_and_append(index, wanted);                                                      // now S + T positions
    if (wanted == T_) return;
    attend(index, wanted);  // q[T,H,E] becomes the heads' output
    const input heads = make_input(role::o, s_.q, c_.H * c_.E, c_.H * c_.E, wanted, T_);
    if (!is_float(w.o)) each_row(0, heads.T, [&](std::size_t t) { quantise(heads, t, 0, heads.planes.D / kernels::block_elems); });
    add_projected(heads, w.o, w.attn_post_norm, wanted);  // x[T,D] += heads · Wo^T

    if (!w.experts.empty()) return mixture(w, wanted);
    const input h = beside ? prepare(role::gate_up, s_.h, {}, wanted, T_, {&w.ffn.gate, &w.ffn.up})
                           : prepare(role::gate_up, s_.x, w.ffn_norm, wanted, T_, {&w.ffn.gate, &w.ffn.up});
    add_projected(gated(w.ffn, c_.F, h), w.ffn.down, w.ffn_post_norm, wanted);  // x[T,D] += gate · Wdown^T
}

/// x[T,D] += norm(in · w^T) for rows [wanted, T).
void forward_pass::add_projected(const input& in, const matrix& w, const norm_weights& post, std::size_t wanted) {
    const std::size_t D = c_.D, apart = apart_rows(D);
    matmul(in, {{&w, s_.up, apart}}, [&](std::size_t n_begin, std::size_t n_end) {
        if (post) return;
        for (std::size_t t = wanted; t < T_; ++t) join(s_.up + t * apart + n_begin, s_.x + t * D + n_begin, n_end - n_begin);
    });
    if (!post) return;
    each_row(wanted, T_, [&](std::size_t t) {
        normalise(s_.up + t * apart, post, s_.up + t * apart, D);
        join(s_.up + t * apart, s_.x + t * D, D);
    });
}

/// The matrices that no matmul reads: rows are taken out of them.
void forward_pass::move_rows_taken() {
    if (!repack_.active()) return;
    const auto move = [&](const matrix& w) {
        parallel(*in_.workers, div_up(w.panels.N, kernels::panel_rows), [&](std::size_t panel) {
            if (!stop_.stop_requested()) (void)repack_.ready(*w.in_file, panel);
        });
    };
    if (!in_.weights->tied()) move(in_.weights->embedding);
    if (in_.weights->positions.panels.data != nullptr) move(in_.weights->positions);
}

result<std::span<const float>> forward_pass::logits(std::size_t row, std::size_t n) {
    const matrix& head = in_.weights->head;
    input         h    = prepare(role::head, s_.x, in_.weights->output_norm, row, row + n, {&head});  // h[n,D]
    h.begin            = 0;
    matmul(h, {{&head, s_.logits}}, [&](std::size_t n_begin, std::size_t n_end) {  // logits[n,V]
        for (std::size_t t = 0; t < n; ++t) {
            float* y = s_.logits + t * c_.V + n_begin;
            if (c_.logit_scale != 1) in_.table->scale(c_.logit_scale, y, n_end - n_begin);
            if (c_.final_cap != 0) in_.table->soft_cap(c_.final_cap, y, n_end - n_begin);
        }
    });
    move_rows_taken();
    if (stop_.stop_requested()) return step_cancelled();
    const std::span<const float> out(s_.logits, n * c_.V);
    if (!in_.table->all_finite(out.data(), out.size()))
        return error{code::not_finite, "computed a logit that is not a finite number"}.hint(
            "the weights may be damaged (plume check), or the kv type f16 too narrow for this model (try f32)");
    return out;
}

}  // namespace plume
