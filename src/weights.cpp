#include "weights.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <plume/core/checked.hpp>
#include <plume/quant/formats.hpp>

#include "fast.hpp"
#include "io/cancelled.hpp"
#include "panel.hpp"
#include "parallel.hpp"

namespace plume {
namespace {

/// Calls use(bytes of rows [row, row + n), row, n) for pieces of whole panels of a matrix, or the whole vector at once.
result<void> for_each_piece(const io::gguf& file, const weight_slot& slot, const load_watch& watch, std::uint64_t& done,
                            const std::function<result<void>(std::span<const std::byte>, std::size_t row, std::size_t n)>& use,
                            std::vector<std::byte>&                                                                        scratch) {
    const std::size_t rows = slot.rows(), row_bytes = slot.row_bytes;
    const std::size_t step = std::max<std::size_t>(load_piece_bytes / std::max<std::size_t>(row_bytes * kernels::panel_rows, 1), 1) * kernels::panel_rows;
    for (std::size_t row = 0; row < rows; row += step) {
        const std::size_t n     = std::min(step, rows - row);
        auto              bytes = file.read(*slot.tensor, slot.begin + std::uint64_t{row} * row_bytes, n * row_bytes, scratch);
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
        const auto  bytes = file.read(*slot.tensor, slot.begin, slot.file_bytes(), unused);
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
        const auto  use = [&](std::span<const std::byte> bytes, std::size_t row, std::size_t) -> result<void> {
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
                .at(slot.tensor->offset + slot.begin + row * slot.row_bytes + bad * f.block_bytes)
                .hint("the file is damaged or was made from a broken checkpoint; download it again");
        };
        if (auto read = for_each_piece(file, slot, watch, done, use, scratch); !read) return read;
    }
    return {};
}

result<std::vector<float>> read_vector(const io::gguf& file, const weight_plan& plan, const float* const& target) {
    std::vector<float> vector;
    const auto         slot = std::find_if(plan.slots.begin(), plan.slots.end(), [&](const weight_slot& s) { return s.vector == &target; });
    if (slot == plan.slots.end()) return vector;
    std::vector<std::byte> scratch;
    const auto             bytes = file.read(*slot->tensor, slot->begin, slot->file_bytes(), scratch);
    if (!bytes) return error(bytes.error());
    vector.resize(slot->D);
    quant::find_format(slot->tensor->type)->decode(bytes->data(), slot->D, vector.data());
    return vector;
}

}  // namespace plume
