#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <stop_token>
#include <vector>

#include <plume/core/buffer.hpp>
#include <plume/core/dtype.hpp>
#include <plume/core/executor.hpp>
#include <plume/core/result.hpp>
#include <plume/kv/cache.hpp>
#include <plume/models/config.hpp>
#include <plume/models/matrix_input.hpp>
#include <plume/models/recipe.hpp>

#include "kernels/fast.hpp"
#include "kernels/table.hpp"
#include "rope.hpp"
#include "weights.hpp"

namespace plume {

/// Where a matmul stands in the layer: what its activations' precision is decided by.
enum class role : std::uint8_t { qkv, o, gate_up, down, head, router };

/// Whether the activations of a role are kept in 15 bits (two planes' worth of memory) or in 8. `mixed` spends the second plane where it is cheap:
/// attention's projections are a sixth of a layer's weights and the head runs for one token. Which experts a token meets is too much to leave to 8 bits.
[[nodiscard]] constexpr bool two_planes(activations a, role r) noexcept {
    if (r == role::router) return true;
    switch (a) {
        case activations::a8:
            return false;
        case activations::a16:
            return true;
        case activations::mixed:
            return r == role::qkv || r == role::o || r == role::head;
    }
    return true;
}

/// Floats from row to row of a matrix whose columns are written and read a few at a time: with rows a multiple of a page apart they would all fall
/// into the same few places of the caches.
[[nodiscard]] constexpr std::size_t apart_rows(std::size_t n) noexcept { return n % 1024 == 0 ? n + 16 : n; }

/// The memory of a mixture of experts. A row is one token at one of its experts; rows are sorted by expert, and by token within an expert.
struct expert_scratch {
    float*             logits  = nullptr;   // [T, n] of the router
    float*             weights = nullptr;   // [T, used]; a token's experts ascend
    std::uint32_t*     chosen  = nullptr;   // [T, used]
    std::uint32_t*     rows    = nullptr;   // [T, used]: where that token's row at that expert is
    std::uint32_t*     tokens  = nullptr;   // [T·used] of each row
    std::uint32_t*     begin   = nullptr;   // [n + 1] an expert's first row
    std::uint32_t*     active  = nullptr;   // [n] the experts that have rows, ascending
    float*             x       = nullptr;   // [T·used, D]
    float*             gate    = nullptr;   // [T·used, F], rows apart_rows(F) apart
    float*             up      = nullptr;   // the same
    float*             out     = nullptr;   // [T·used, D], rows apart_rows(D) apart
    float*             shared  = nullptr;   // [T] what the shared expert's output is scaled by
    kernels::quantised planes, ffn_planes;  // of x and of gate; each expert's rows are laid out by themselves
};

/// The memory of one forward pass of up to T tokens, all in one block. No state between passes.
struct scratch {
    static constexpr std::size_t logit_rows = 8;  // rows of logits computed together

    float*             x        = nullptr;  // [T, D] residual stream
    float*             h        = nullptr;  // [T, D]
    float*             q        = nullptr;  // [T, H, E]; becomes the heads' output
    float*             k        = nullptr;  // [T, K, E]
    float*             v        = nullptr;  // [T, K, E]
    float*             gate     = nullptr;  // [T, F], rows apart_rows(F) apart
    float*             up       = nullptr;  // the same; also what o and down give, [T, D] with rows apart_rows(D) apart
    float*             cosine   = nullptr;  // [ropes, T, rotated/2]
    float*             sine     = nullptr;  // [ropes, T, rotated/2]
    float*             partials = nullptr;  // [T, K, splits, G, partial_floats(E)]
    std::uint32_t*     attended = nullptr;  // [K, T] splits done of a KV head and a block of tokens
    float*             logits   = nullptr;  // [logit_rows, V]
    kernels::quantised planes;              // [T, max(D, H·E)]: the input of q, k, v, o, gate and up, head
    kernels::quantised ffn_planes;          // [T, F]: the input of down, written while gate and up are computed
    expert_scratch     experts;
    std::size_t        T = 0, splits = 0;
    buffer             memory;

    std::span<std::byte> rooms;  // a panel_room for each thread, where a model is repacked lazily

    [[nodiscard]] static std::size_t     bytes(const model_config& c, std::size_t T, std::size_t context_tokens, std::size_t room_bytes) noexcept;
    [[nodiscard]] static result<scratch> make(const model_config& c, std::size_t T, std::size_t context_tokens, std::size_t room_bytes);
};

/// What a computing call says that a stop token or a callback ended.
[[nodiscard]] inline error step_cancelled() { return error{code::cancelled, "was stopped before the step was complete"}; }

/// What a pass reads and does not own.
struct forward_context {
    const model_config*          config;
    const model_weights*         weights;
    const kernels::target_table* table;
    executor*                    workers;
    std::span<const rope_table>  ropes;
    plume::activations           activations;
    const kernels::fast_table*   fast;  // for panels in pairs; null where there are none

    const input_fn* on_input = nullptr;  // session_options::on_input; null: nobody looks
};

/// The forward pass over tokens at positions [S, S + T). Reads and extends the cache; the caller commits the new length when all went well.
class forward_pass {
public:
    /// For T tokens.
    forward_pass(const forward_context& in, std::size_t T, scratch& s, kv::cache& cache, std::stop_token stop)
        : in_(in), c_(*in.config), s_(s), cache_(cache), stop_(std::move(stop)), repack_(in.weights->repack.get(), T) {}

    /// x of rows [wanted, T) is complete afterwards; the rows before only leave their keys and values. Ids must be in range.
    /// cancelled, not_finite when a key or value does not fit the cache's type, or file_io when the file of a model that is repacked lazily was changed.
    [[nodiscard]] result<void> run(std::span<const token_id> tokens, std::size_t S, std::size_t wanted);

    /// The logits [n, V] of rows [row, row + n), n <= scratch::logit_rows, in scratch. not_finite or cancelled.
    [[nodiscard]] result<std::span<const float>> logits(std::size_t row, std::size_t n);

private:
    struct job {
        const matrix* w;
        float*        y;             // [T, N]
        std::size_t   y_stride = 0;  // floats from row to row; 0: N
    };
    /// What a matmul reads: rows [begin, begin + T) of x[.,D], and the same quantised where a matrix wants that.
    struct input {
        const float*       x;  // row `begin`
        std::size_t        begin, T;
        kernels::quantised planes;  // laid out for T rows
        std::size_t        stride;  // floats from row to row of x; D where a matrix of floats reads it
    };

    // forward.cpp: the layers.
    void embed(std::span<const token_id> tokens);
    void decoder_layer(std::size_t index, std::size_t wanted);
    void normalise(const float* x, const norm_weights& norm, float* y, std::size_t n) const;
    void join(const float* y, float* x, std::size_t n) const;
    void add_projected(const input& in, const matrix& w, const norm_weights& post, std::size_t wanted);
    void move_rows_taken();

    // forward_attention.cpp.
    void                      prepare_rope();
    void                      project_qkv(const layer_weights& w, std::size_t wanted);
    void                      rope_and_append(std::size_t index, std::size_t wanted);
    void                      normalise_heads(const layer_weights& w, float* q, float* k) const;
    void                      attend(std::size_t index, std::size_t wanted);
    [[nodiscard]] std::size_t attention_tokens(std::size_t T, std::size_t splits) const;

    // forward_experts.cpp.
    void mixture(const layer_weights& w, std::size_t wanted);
    void choose_experts(std::size_t t) const;
    void sort_by_expert(std::size_t wanted) const;
    void run_experts(const layer_weights& w, const float* x);
    void add_experts(const layer_weights& w, std::size_t wanted);

    // forward_matmul.hpp, .cpp.
    input make_input(role r, const float* x, std::size_t D, std::size_t stride, std::size_t begin, std::size_t end) const;
    input prepare(role r, const float* x, const norm_weights& norm, std::size_t begin, std::size_t end, std::initializer_list<const matrix*> readers);
    input gated(const ffn_weights& w, std::size_t F, const input& in);
    void  quantise(const input& in, std::size_t row, std::size_t b_begin, std::size_t b_end) const;
    void  tell(const input& in, const matrix& w) const;
    template <class Epilogue>
    void matmul(const input& in, std::initializer_list<job> jobs, const Epilogue& epilogue, bool side_by_side = false);
    void matmul_panels(const input& in, const job& j, std::size_t panel_begin, std::size_t panel_end, std::byte* room);
    template <class Body>
    void each_task(std::size_t n, const Body& body);
    template <class Body>
    void each_row(std::size_t begin, std::size_t end, const Body& body);

    const forward_context& in_;
    const model_config&    c_;
    scratch&               s_;
    kv::cache&             cache_;
    std::stop_token        stop_;
    repacker::pass         repack_;
    std::size_t            S_ = 0, T_ = 0;
    std::atomic<bool>      overflow_ = false;
};

}  // namespace plume
