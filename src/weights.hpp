#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <plume/core/buffer.hpp>
#include <plume/core/executor.hpp>
#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>
#include <plume/models/config.hpp>
#include <plume/models/recipe.hpp>

#include "kernels/panel.hpp"
#include "repack.hpp"

namespace plume {

/// Where a matrix stands in the file.
struct matrix_origin {
    const std::string* tensor = nullptr;   // its name; null for rows of a tensor whose first rows are another matrix with the same input
    std::uint32_t      index = 0, of = 1;  // which of the matrices that are stacked in it
};

/// w[N,D] in panels, and b[N] where the file has one.
struct matrix {
    kernels::panels    panels;
    const float*       bias    = nullptr;
    const file_matrix* in_file = nullptr;  // where the model is repacked lazily: what to read of panels that are not in their places yet
    matrix_origin      origin{};
};

/// Of RMSNorm or LayerNorm.
struct norm_weights {
    const float* w = nullptr;  // null: no norm here
    const float* b = nullptr;  // null: no bias

    [[nodiscard]] explicit operator bool() const noexcept { return w != nullptr; }
};

struct ffn_weights {
    matrix gate, up;  // [F, D]; gate: where the function takes two
    matrix down;      // [D, F]
};

struct layer_weights {
    norm_weights attn_norm;        // [D]
    matrix       q, k, v;          // [H·E, D], [K·E, D], [K·E, D]
    norm_weights q_norm, k_norm;   // as the recipe's qk says: [E], [H, E] and [K, E], or [H·E] and [K·E]
    const float* sinks = nullptr;  // [H]
    matrix       o;                // [D, H·E]
    norm_weights attn_post_norm;   // [D]
    norm_weights ffn_norm;         // [D]
    ffn_weights  ffn;              // where there are experts: the one that every token meets, if any
    norm_weights ffn_post_norm;    // [D]

    matrix                   router;        // [experts, D]; no panels: no experts in this layer
    matrix                   shared_scale;  // [1, D]: ffn joins times the sigmoid of its output; no panels: as it is
    std::vector<ffn_weights> experts;

    [[nodiscard]] bool has_ffn() const noexcept { return ffn.down.panels.data != nullptr; }
};

/// All weights of a model, in one block of memory. Immutable once loaded, but for what `repack` does behind the panels.
struct model_weights {
    matrix                     embedding;               // [V, D]; the head itself where they are tied
    matrix                     head;                    // [V, D]
    matrix                     positions;               // [context, D], where they are learned
    norm_weights               output_norm;             // [D]
    const float*               rope_factors = nullptr;  // [rotated/2] or null: divides the frequencies
    const float*               rope_short   = nullptr;  // LongRoPE's, for contexts up to the original one
    const float*               rope_long    = nullptr;  // and for longer ones
    std::vector<layer_weights> layers;
    std::vector<std::string>   names;  // of the tensors: what the origins point to
    buffer                     memory;
    std::unique_ptr<repacker>  repack;  // null: everything was repacked at load

    [[nodiscard]] bool tied() const noexcept { return embedding.panels.data == head.panels.data; }
};

/// The way of one tensor, or of some of its rows, from the file into memory.
struct weight_slot {
    const io::tensor_info* tensor    = nullptr;
    std::uint64_t          begin     = 0;      // bytes from the tensor's start
    std::size_t            row_bytes = 0;      // in the file
    std::size_t            N = 0, D = 0;       // N = 0: a vector of D floats
    std::size_t            at = 0, bytes = 0;  // in model_weights::memory
    plume::matrix*         matrix = nullptr;   // where the view goes
    const float**          vector = nullptr;
    bool                   pairs  = false;  // for the fast kernels

    [[nodiscard]] std::size_t rows() const noexcept { return N == 0 ? 1 : N; }
    [[nodiscard]] std::size_t file_bytes() const noexcept { return rows() * row_bytes; }
};

/// Which tensors a model takes and where they will lie: the exact sizes, before anything is allocated.
struct weight_plan {
    std::vector<weight_slot> slots;  // vectors first: they are decoded at once, side by side, where matrices may have to wait
    std::size_t              bytes      = 0;
    std::size_t              room_bytes = 0;  // of a panel_room that fits every matrix
};

/// Checks that every tensor is there, of the right shape and of a type that runs, and that none is left over; fills `w.layers` and the slots' targets.
/// `w` must stay where it is until load_weights. `fast`: matrices of floats for the fast kernels, but for the embedding, whose rows stay what they are.
[[nodiscard]] result<weight_plan> plan_weights(const io::gguf& file, const model_config& c, model_weights& w, bool fast);

/// Bytes read from the file at a time, and so the scratch of a load that does not map.
inline constexpr std::size_t load_piece_bytes = std::size_t{4} << 20;

/// Who watches a load: `progress(bytes done)` false cancels, between pieces of the file; `stop` is looked at within them too.
struct load_watch {
    std::function<bool(std::uint64_t)> progress;
    std::stop_token                    stop;
};

/// Reads, repacks and places all tensors.
[[nodiscard]] result<void> load_weights(const io::gguf& file, const weight_plan& plan, model_weights& w, executor& workers, const load_watch& watch);

/// Places all tensors, reads the vectors, and leaves the matrices to be repacked while the model is used. `file` must be mapped.
[[nodiscard]] result<void> reserve_weights(const io::gguf& file, const weight_plan& plan, model_weights& w, const load_watch& watch);

/// Decodes every weight and looks whether it is finite.
[[nodiscard]] result<void> check_weights(const io::gguf& file, const weight_plan& plan, executor& workers, const load_watch& watch);

/// The vector that the plan has a place for at `target`, decoded; empty where the file has none.
[[nodiscard]] result<std::vector<float>> read_vector(const io::gguf& file, const weight_plan& plan, const float* const& target);

}  // namespace plume
