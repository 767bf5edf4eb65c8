#include "weights.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <unordered_set>

#include <plume/core/checked.hpp>
#include <plume/quant/formats.hpp>

#include "fast.hpp"
#include "io/cancelled.hpp"
#include "panel.hpp"
#include "parallel.hpp"

namespace plume {
namespace {

constexpr std::size_t alignment = 64;

/// Collects the tensors of a model and keeps the first error.
class collector {
public:
    collector(const io::gguf& file, bool fast) : file_(file), fast_(fast) {}

    /// w[N,D], required.
    void take(const std::string& name, std::size_t N, std::size_t D, matrix& to) {
        if (const auto* t = find(name)) place(*t, N, D, &to, nullptr);
    }
    void take(const std::string& name, std::size_t n, const float*& to) {
        if (const auto* t = find(name)) place(*t, 0, n, nullptr, &to);
    }
    void take_if_there(const std::string& name, std::size_t n, const float*& to) {
        if (has(name)) take(name, n, to);
    }
    [[nodiscard]] bool has(const std::string& name) const { return file_.find_tensor(name) != nullptr; }

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
    const io::tensor_info* find(const std::string& name) {
        const auto* t = file_.find_tensor(name);
        if (t == nullptr && !error_) error_ = file_.fault(code::format_invalid, "is missing").about("tensor", name);
        return t;
    }

    void place(const io::tensor_info& t, std::size_t N, std::size_t D, matrix* to, const float** vector) {
        if (error_) return;
        taken_.insert(&t);
        const std::array<std::uint64_t, 4> want = {D, N == 0 ? 1 : N, 1, 1};
        if (t.dims != want) {
            const auto text = [](const auto& dims) {
                return std::to_string(dims[0]) + " x " + std::to_string(dims[1]) + " x " + std::to_string(dims[2]) + " x " + std::to_string(dims[3]);
            };
            error_ = file_.fault(code::format_invalid, "has the wrong shape").about("tensor", t.name).expected_found(text(want), text(t.dims));
            return;
        }
        const auto* f = quant::find_format(t.type);
        if (f == nullptr) {
            const auto known = quant::find_type(t.type);
            error_           = file_.fault(code::format_unsupported, "is of a weight type that does not run yet")
                         .about("tensor", t.name)
                         .expected_found(list_of_formats(), known ? std::string(known->name) : "type " + std::to_string(t.type));
            return;
        }
        if (vector != nullptr && !f->is_float) {
            error_ =
                file_.fault(code::format_unsupported, "is a vector in a quantised type").about("tensor", t.name).expected_found("F32, F16 or BF16", f->name);
            return;
        }
        const bool  pairs = fast_ && f->is_float && N != 0 && t.name != "token_embd.weight";
        weight_slot slot{.tensor = &t, .N = N, .D = D, .matrix = to, .vector = vector, .pairs = pairs};
        // Sizes are bounded by the file's own: rounding up to whole panels at most multiplies by 16 rows.
        const std::uint64_t rows = N == 0 ? 1 : div_up(N, kernels::panel_rows), row_bytes = N == 0  ? D * sizeof(float)
                                                                                            : pairs ? kernels::pairs_panel_bytes(D)
                                                                                                    : panel_bytes(*f, D);
        const auto          bytes = checked_mul(rows, row_bytes);
        const auto          end   = bytes ? checked_add(plan_.bytes, *bytes) : std::nullopt;
        const auto          next  = end ? checked_round_up(*end, alignment) : std::nullopt;
        if (!next) {
            error_ = file_.fault(code::format_limit, "is too large").about("tensor", t.name);
            return;
        }
        slot.bytes  = static_cast<std::size_t>(*bytes);
        plan_.bytes = static_cast<std::size_t>(*next);
        if (N != 0) plan_.room_bytes = std::max(plan_.room_bytes, panel_room::bytes(panel_bytes(*f, D)));
        plan_.slots.push_back(slot);
    }

    static std::string list_of_formats() {
        std::string text;
        for (const auto& f : quant::formats()) text += (text.empty() ? "" : ", ") + std::string(f.name);
        return text;
    }

    const io::gguf&                            file_;
    bool                                       fast_;
    weight_plan                                plan_;
    std::unordered_set<const io::tensor_info*> taken_;
    std::optional<error>                       error_;
};

/// Calls use(bytes of rows [row, row + n), row, n) for pieces of whole panels of a matrix, or the whole vector at once.
result<void> for_each_piece(const io::gguf& file, const weight_slot& slot, const load_watch& watch, std::uint64_t& done,
                            const std::function<result<void>(std::span<const std::byte>, std::size_t row, std::size_t n)>& use,
                            std::vector<std::byte>&                                                                        scratch) {
    const std::size_t rows      = std::max<std::size_t>(slot.N, 1);
    const auto        row_bytes = static_cast<std::size_t>(slot.tensor->bytes / rows);
    const std::size_t step      = std::max<std::size_t>(load_piece_bytes / std::max<std::size_t>(row_bytes * kernels::panel_rows, 1), 1) * kernels::panel_rows;
    for (std::size_t row = 0; row < rows; row += step) {
        const std::size_t n     = std::min(step, rows - row);
        auto              bytes = file.read(*slot.tensor, std::uint64_t{row} * row_bytes, n * row_bytes, scratch);
        if (!bytes) return std::move(bytes).error();
        if (auto used = use(*bytes, row, n); !used) return used;
        done += n * row_bytes;
        if (watch.stop.stop_requested() || !watch.progress(done)) return io::cancelled(file);
    }
    return {};
}

/// Allocates, and points all views at what will be there.
result<void> place_all(const weight_plan& plan, model_weights& w) {
    auto memory = buffer::allocate(plan.bytes);
    if (!memory) return std::move(memory).error();
    w.memory = std::move(*memory);
    for (const auto& slot : plan.slots) {
        std::byte* at = w.memory.data() + slot.at;
        if (slot.matrix != nullptr) slot.matrix->panels = (slot.pairs ? pairs_of : panels_of)(*quant::find_format(slot.tensor->type), slot.N, slot.D, at);
        if (slot.vector != nullptr) *slot.vector = reinterpret_cast<const float*>(at);
    }
    if (w.head.panels.data == nullptr) w.head = w.embedding;
    return {};
}

}  // namespace

result<weight_plan> plan_weights(const io::gguf& file, const model_config& c, model_weights& w, bool fast) {
    collector all(file, fast);
    w.layers.resize(c.L);
    const std::string suffix = ".weight", bias = ".bias";
    const auto        linear = [&](const std::string& name, std::size_t N, std::size_t D, matrix& m) {
        all.take(name + suffix, N, D, m);
        all.take_if_there(name + bias, N, m.bias);
    };
    all.take("token_embd.weight", c.V, c.D, w.embedding);
    all.take("output_norm.weight", c.D, w.output_norm);
    if (all.has("output.weight")) all.take("output.weight", c.V, c.D, w.head);  // else tied: the head is the embedding
    all.take_if_there("rope_freqs.weight", c.rotated / 2, w.rope_factors);
    for (std::size_t i = 0; i < c.L; ++i) {
        const std::string block = "blk." + std::to_string(i) + '.';
        auto&             l     = w.layers[i];
        all.take(block + "attn_norm.weight", c.D, l.attn_norm);
        linear(block + "attn_q", c.H * c.E, c.D, l.q);
        linear(block + "attn_k", c.K * c.E, c.D, l.k);
        linear(block + "attn_v", c.K * c.E, c.D, l.v);
        linear(block + "attn_output", c.D, c.H * c.E, l.o);
        all.take(block + "ffn_norm.weight", c.D, l.ffn_norm);
        linear(block + "ffn_gate", c.F, c.D, l.gate);
        linear(block + "ffn_up", c.F, c.D, l.up);
        linear(block + "ffn_down", c.D, c.F, l.down);
    }
    return all.finish();
}

result<void> load_weights(const io::gguf& file, const weight_plan& plan, model_weights& w, executor& workers, const load_watch& watch) {
    if (auto placed = place_all(plan, w); !placed) return placed;
    std::vector<std::byte> scratch;
    std::uint64_t          done = 0;
    for (const auto& slot : plan.slots) {
        const auto& f    = *quant::find_format(slot.tensor->type);
        std::byte*  base = w.memory.data() + slot.at;
        const auto  use  = [&](std::span<const std::byte> bytes, std::size_t row, std::size_t n) -> result<void> {
            if (slot.N == 0) {
                f.decode(bytes.data(), slot.D, reinterpret_cast<float*>(base));
                return {};
            }
            const std::size_t one_panel = slot.pairs ? kernels::pairs_panel_bytes(slot.D) : panel_bytes(f, slot.D), row_bytes = bytes.size() / n,
                              first = row / kernels::panel_rows;
            parallel(workers, div_up(n, kernels::panel_rows), [&](std::size_t p) {
                if (watch.stop.stop_requested()) return;  // for_each_piece sees it too
                const std::size_t from = p * kernels::panel_rows;
                (slot.pairs ? pack_pairs : pack_panel)(f, bytes.data() + from * row_bytes, std::min(kernels::panel_rows, n - from), slot.D,
                                                       base + (first + p) * one_panel);
            });
            return {};
        };
        if (auto read = for_each_piece(file, slot, watch, done, use, scratch); !read) return read;
    }
    return {};
}

result<void> reserve_weights(const io::gguf& file, const weight_plan& plan, model_weights& w, const load_watch& watch) {
    if (auto placed = place_all(plan, w); !placed) return placed;
    std::vector<file_matrix>                       matrices;
    std::vector<std::shared_ptr<const io::source>> files;
    std::vector<std::byte>                         unused;  // the file is mapped
    std::uint64_t                                  done = 0;
    for (const auto& slot : plan.slots) {
        const auto& f     = *quant::find_format(slot.tensor->type);
        const auto  bytes = file.read(*slot.tensor, 0, static_cast<std::size_t>(slot.tensor->bytes), unused);
        if (!bytes) return error(bytes.error());
        std::byte* base = w.memory.data() + slot.at;
        if (slot.N == 0) {
            f.decode(bytes->data(), slot.D, reinterpret_cast<float*>(base));
        } else {
            matrices.push_back({.format      = &f,
                                .rows        = bytes->data(),
                                .panels      = base,
                                .N           = slot.N,
                                .D           = slot.D,
                                .row_bytes   = bytes->size() / slot.N,
                                .panel_bytes = panel_bytes(f, slot.D)});
            if (auto source = file.source_of(*slot.tensor); std::find(files.begin(), files.end(), source) == files.end()) files.push_back(std::move(source));
        }
        done += bytes->size();
        if (watch.stop.stop_requested() || !watch.progress(done)) return io::cancelled(file);
    }
    w.repack            = std::make_unique<repacker>(std::move(matrices), std::move(files));
    const auto* in_file = w.repack->matrices().data();
    for (const auto& slot : plan.slots)
        if (slot.matrix != nullptr) slot.matrix->in_file = in_file++;
    if (w.tied()) w.head = w.embedding;
    return {};
}

result<void> check_weights(const io::gguf& file, const weight_plan& plan, executor& workers, const load_watch& watch) {
    std::vector<std::byte> scratch;
    std::uint64_t          done = 0;
    for (const auto& slot : plan.slots) {
        const auto& f   = *quant::find_format(slot.tensor->type);
        const auto  use = [&](std::span<const std::byte> bytes, std::size_t row, std::size_t n) -> result<void> {
            const std::size_t        blocks = bytes.size() / f.block_bytes, step = 1024;
            std::atomic<std::size_t> bad = blocks;
            parallel(workers, div_up(blocks, step), [&](std::size_t piece) {
                if (watch.stop.stop_requested()) return;
                float weights[256];
                for (std::size_t b = piece * step; b < std::min(blocks, (piece + 1) * step); ++b) {
                    f.decode(bytes.data() + b * f.block_bytes, 1, weights);
                    if (std::all_of(weights, weights + f.weights, [](float x) { return std::isfinite(x); })) continue;
                    std::size_t first = bad.load();
                    while (b < first && !bad.compare_exchange_weak(first, b)) {
                    }
                }
            });
            if (bad == blocks) return {};
            return file.fault(code::format_invalid, "holds a weight that is not a finite number")
                .about("tensor", slot.tensor->name)
                .at(slot.tensor->offset + row * (bytes.size() / n) + bad * f.block_bytes)
                .hint("the file is damaged or was made from a broken checkpoint; download it again");
        };
        if (auto read = for_each_piece(file, slot, watch, done, use, scratch); !read) return read;
    }
    return {};
}

result<std::vector<float>> read_rope_factors(const io::gguf& file, const weight_plan& plan, const model_weights& w) {
    std::vector<float> factors;
    const auto         slot = std::find_if(plan.slots.begin(), plan.slots.end(), [&](const weight_slot& s) { return s.vector == &w.rope_factors; });
    if (slot == plan.slots.end()) return factors;
    std::vector<std::byte> scratch;
    const auto             bytes = file.read(*slot->tensor, 0, static_cast<std::size_t>(slot->tensor->bytes), scratch);
    if (!bytes) return error(bytes.error());
    factors.resize(slot->D);
    quant::find_format(slot->tensor->type)->decode(bytes->data(), slot->D, factors.data());
    return factors;
}

}  // namespace plume
