#include <cmath>

#include "forward_matmul.hpp"
#include "numerics.hpp"

namespace plume {
namespace {

constexpr float largest_in_cache[] = {65504.0f, 3.4028234e38f, 127 * 65504.0f};  // by kv_type
static_assert(std::size(largest_in_cache) == n_kv_types);

}  // namespace

/// Cosines and sines of all positions, for each kind of layer. Angles in double: a float's position·frequency is off by 1e-3 at 16k.
void forward_pass::prepare_rope() {
    if (c_.recipe->learned) return;
    const std::size_t pairs = c_.rotated / 2;
    each_row(0, T_, [&](std::size_t t) {
        for (std::size_t kind = 0; kind < in_.ropes.size(); ++kind) {
            const rope_table& rope   = in_.ropes[kind];
            float *           cosine = s_.cosine + (kind * T_ + t) * pairs, *sine = s_.sine + (kind * T_ + t) * pairs;
            for (std::size_t i = 0; i < pairs; ++i) {
                const double angle = static_cast<double>(S_ + t) * rope.frequencies[i];
                cosine[i]          = static_cast<float>(numerics::cos(angle) * rope.magnitude);
                sine[i]            = static_cast<float>(numerics::sin(angle) * rope.magnitude);
            }
        }
    });
}

/// q[T,H,E] k[T,K,E] v[T,K,E] from the residual stream; of q the rows from `wanted` on.
void forward_pass::project_qkv(const layer_weights& w, std::size_t wanted) {
    const auto  nothing = [](std::size_t, std::size_t) {};
    const input h       = prepare(role::qkv, s_.x, w.attn_norm, 0, T_, {&w.q, &w.k, &w.v});  // h[T,D]
    if (wanted == 0) return matmul(h, {{&w.q, s_.q}, {&w.k, s_.k}, {&w.v, s_.v}}, nothing);
    matmul(h, {{&w.k, s_.k}, {&w.v, s_.v}}, nothing);
    const std::size_t first = wanted / in_.table->token_step * in_.table->token_step;  // a few rows more, which nobody reads
    matmul({h.x + first * c_.D, first, T_ - first, from_row(h.planes, first), c_.D}, {{&w.q, s_.q}}, nothing);
}

/// Norms of one token's queries (null: not wanted) and keys.
void forward_pass::normalise_heads(const layer_weights& w, float* q, float* k) const {
    if (c_.recipe->qk == models::qk_norm::full_width) {
        if (q != nullptr) normalise(q, w.q_norm, q, c_.H * c_.E);
        return normalise(k, w.k_norm, k, c_.K * c_.E);
    }
    const std::size_t step  = c_.recipe->qk == models::qk_norm::own_per_head ? c_.E : 0;  // from one head's weights to the next's
    const auto        heads = [&](float* x, const norm_weights& norm, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) normalise(x + i * c_.E, {norm.w + i * step, norm.b}, x + i * c_.E, c_.E);
    };
    if (q != nullptr) heads(q, w.q_norm, c_.H);
    heads(k, w.k_norm, c_.K);
}

/// Positions go into queries and keys, and keys and values into the cache: now S + T positions.
void forward_pass::rope_and_append(std::size_t index, std::size_t wanted) {
    const layer_weights& w     = in_.weights->layers[index];
    const layer_config&  layer = c_.layers[index];
    const std::size_t    E = c_.E, pairs = c_.rotated / 2, kind = layer.rope * T_ * pairs;
    const auto           type   = static_cast<std::size_t>(cache_.layout().type);
    const float          limit  = largest_in_cache[type];
    const auto           append = in_.table->cache[type].append;
    const auto           rope   = c_.recipe->rope == models::rope_pairs::interleaved ? in_.table->rope_interleaved : in_.table->rope_half_split;
    each_row(0, T_, [&](std::size_t t) {
        const float *cosine = s_.cosine + kind + t * pairs, *sine = s_.sine + kind + t * pairs;
        float *      q = s_.q + t * c_.H * E, *k = s_.k + t * c_.K * E, *v = s_.v + t * c_.K * E;
        if (w.q_norm) normalise_heads(w, t >= wanted ? q : nullptr, k);
        if (layer.rotates) {
            if (t >= wanted) rope(q, c_.H, E, cosine, sine, c_.rotated);
            rope(k, c_.K, E, cosine, sine, c_.rotated);
        }
        if (c_.temperature_scale != 0 && t >= wanted) {
            const auto turns = static_cast<double>((S_ + t) / c_.original_context);
            in_.table->scale(static_cast<float>(1 + c_.temperature_scale * numerics::log(1 + turns)), q, c_.H * E);
        }
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
    const std::size_t window = c_.layers[index].window;
    const float*      sinks  = in_.weights->layers[index].sinks;
    // Splits with positions that token t sees: [oldest(t), newest(t)).
    const auto        oldest   = [&](std::size_t t) { return window != 0 && S_ + t + 1 > window ? (S_ + t + 1 - window) / split : 0; };
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
                .window           = window,
                .scale            = c_.attention_scale,
                .soft_cap         = c_.attention_cap,
                .out              = partials(t, head) + s * partial,
                .out_token_stride = c_.K * s_.splits * partial});
        // Whoever ends last joins the splits: all heads of a block are then read, and may be overwritten.
        if (std::atomic_ref(s_.attended[head * blocks + block]).fetch_add(1, std::memory_order_acq_rel) + 1 != newest(last) - oldest(t)) return;
        for (std::size_t i = t; i <= last; ++i)
            for (std::size_t g = 0; g < G; ++g)
                in_.table->merge_attention(partials(i, head) + oldest(i) * partial + g * row, newest(i) - oldest(i), partial, E,
                                           sinks == nullptr ? nullptr : sinks + head * G + g, s_.q + (i * c_.H + head * G + g) * E);
    });
}

}  // namespace plume
