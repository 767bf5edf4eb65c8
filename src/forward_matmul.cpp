#include "forward_matmul.hpp"

namespace plume {
namespace {

constexpr std::size_t ms_between_stops = 4;                     // of a task's work
constexpr std::size_t input_bytes      = std::size_t{1} << 20;  // of quantised rows that a task meets at a time: what stays in a core's second cache

}  // namespace

/// The rows [begin, end) of x[.,D] as the input of matrices in role r; who writes x quantises it.
forward_pass::input forward_pass::make_input(role r, const float* x, std::size_t D, std::size_t stride, std::size_t begin, std::size_t end) const {
    input in{x + begin * stride, begin, end - begin, r == role::down ? s_.ffn_planes : s_.planes, stride};
    in.planes.D = D;
    if (!two_planes(in_.activations, r)) in.planes.lo = nullptr;
    return in;
}

/// Rows [begin, end) of x as the input of matrices in role r: normalised into h where there is a norm, and quantised unless all that read them are floats.
forward_pass::input forward_pass::prepare(role r, const float* x, const norm_weights& norm, std::size_t begin, std::size_t end,
                                          std::initializer_list<const matrix*> readers) {
    const input in    = make_input(r, norm ? s_.h : x, c_.D, c_.D, begin, end);
    const bool  plain = std::all_of(readers.begin(), readers.end(), [](const matrix* m) { return is_float(*m); });
    if (!norm && plain) return in;
    each_row(0, in.T, [&](std::size_t t) {
        if (norm) normalise(x + (begin + t) * c_.D, norm, s_.h + (begin + t) * c_.D, c_.D);
        if (!plain) quantise(in, t, 0, c_.D / kernels::block_elems);
    });
    return in;
}

void forward_pass::quantise(const input& in, std::size_t row, std::size_t b_begin, std::size_t b_end) const {
    in_.table->quantise(in.x + row * in.stride, row, in.T, b_begin, b_end, in.planes);
}

/// To who wants to see what a matrix is multiplied with.
void forward_pass::tell(const input& in, const matrix& w) const {
    if (in_.on_input == nullptr || w.origin.tensor == nullptr || in.T == 0) return;
    (*in_.on_input)({*w.origin.tensor, w.origin.index, w.origin.of, in.x, in.T, w.panels.D, in.stride});
}

/// gate[T,F] = function(gate)·up, or function(up), of rows that `in` holds: the input of down. "GLU Variants Improve Transformer", Shazeer 2020.
forward_pass::input forward_pass::gated(const ffn_weights& w, std::size_t F, const input& in) {
    const std::size_t F_apart = is_float(w.down) ? F : apart_rows(F);
    const input       out     = make_input(role::down, s_.gate, F, F_apart, in.begin, in.begin + in.T);
    const bool        two = w.gate.panels.data != nullptr, plain = is_float(w.down);
    const auto        activate = in_.table->activate[static_cast<std::size_t>(c_.recipe->function)];
    const auto        finish   = [&](std::size_t n_begin, std::size_t n_end) {
        for (std::size_t t = 0; t < out.T; ++t) {
            const std::size_t at = (in.begin + t) * F_apart + n_begin;
            activate(s_.gate + at, two ? s_.up + at : nullptr, s_.gate + at, n_end - n_begin);
            if (!plain) quantise(out, t, n_begin / kernels::block_elems, n_end / kernels::block_elems);
        }
    };
    if (two)
        matmul(in, {{&w.gate, s_.gate, F_apart}, {&w.up, s_.up, F_apart}}, finish, true);
    else
        matmul(in, {{&w.up, s_.gate, F_apart}}, finish);
    return out;
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

}  // namespace plume
