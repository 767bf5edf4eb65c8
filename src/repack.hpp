#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/io/source.hpp>
#include <plume/quant/formats.hpp>

#include "kernels/panel.hpp"

namespace plume {

/// A matrix w[N,D] as a mapped file has it, and the place that its panels will have in memory.
struct file_matrix {
    const quant::format_info* format = nullptr;
    const std::byte*          rows   = nullptr;  // [N] of row_bytes
    std::byte*                panels = nullptr;  // [ceil(N / 16)] of panel_bytes
    std::size_t               N = 0, D = 0, row_bytes = 0, panel_bytes = 0;
    std::size_t               first = 0;  // its first panel among those of the whole model
};

/// Where a thread puts panels that it uses once.
struct panel_room {
    static constexpr std::size_t most_panels = 4;  // kernels like four panels in flight
    static constexpr std::size_t few_bytes   = std::size_t{256} << 10;

    /// Panels of that size which a room holds: as many as stay in a core's own cache, at least one.
    [[nodiscard]] static constexpr std::size_t panels(std::size_t panel_bytes) noexcept {
        const std::size_t n = few_bytes / panel_bytes;
        return n < 1 ? 1 : n < most_panels ? n : most_panels;
    }
    [[nodiscard]] static constexpr std::size_t bytes(std::size_t panel_bytes) noexcept { return panels(panel_bytes) * panel_bytes; }
};

/// Packs panels [panel, panel + n) of a matrix to `to`.
void pack_panels(const file_matrix& m, std::size_t panel, std::size_t n, std::byte* to) noexcept;

/// The view of n panels from `panel` on that lie at `data` alone: its first row is row 16 · panel of w.
[[nodiscard]] kernels::panels panels_at(const kernels::panels& w, std::size_t panel, std::size_t n, const std::byte* data) noexcept;

/// Repacks a model while it is used, so that it answers as soon as its file is mapped. A panel whose turn has not come is packed into a thread's room each
/// time it is read: the same integers, so the same bits. Every pass moves its share of panels to their places in memory, which until then is reserved and
/// not touched; the pass that moves the last one lets go of the file. Shared between threads, of which none ever waits for another.
class repacker {
public:
    /// All matrices are there when this is made; `files` are what their rows lie in.
    repacker(std::vector<file_matrix> matrices, std::vector<std::shared_ptr<const io::source>> files);

    [[nodiscard]] std::uint64_t                   left_bytes() const noexcept { return left_.load(std::memory_order_acquire); }  // of panels still to be packed
    [[nodiscard]] const std::vector<file_matrix>& matrices() const noexcept { return matrices_; }
    [[nodiscard]] std::size_t                     room_bytes() const noexcept { return room_bytes_; }  // of one thread, for every matrix

    /// One forward pass's use of a model; the file stays mapped while it lives. Nothing of it matters once all is packed, or where nothing is lazy (null).
    class pass {
    public:
        /// T tokens are about to be computed.
        pass(repacker* of, std::size_t T) noexcept;
        pass(const pass&)            = delete;
        pass& operator=(const pass&) = delete;
        ~pass();

        /// False: all panels are in their places.
        [[nodiscard]] bool active() const noexcept { return of_ != nullptr; }

        /// file_io when the file is no longer what was loaded.
        [[nodiscard]] result<void> check() const;

        /// Whether this panel lies in its place: since before, or moved there now as a part of this pass's share.
        [[nodiscard]] bool ready(const file_matrix& m, std::size_t panel) noexcept;

        /// use(part, first, last, row) for panels [begin, end) of w in runs: panels [first, last) of `part`, whose first row is row `row` of w.
        /// Those that are not ready are packed into `room`. m is null where nothing is lazy.
        template <class Use>
        void each_run(const kernels::panels& w, const file_matrix* m, std::size_t begin, std::size_t end, std::byte* room, const Use& use) {
            if (!active()) return use(w, begin, end, std::size_t{0});
            for (std::size_t last = begin; begin < end; begin = last) {
                while (last < end && ready(*m, last)) ++last;
                if (last > begin) {
                    use(w, begin, last, std::size_t{0});
                    continue;
                }
                last = std::min(end, begin + panel_room::panels(m->panel_bytes));
                pack_panels(*m, begin, last - begin, room);
                use(panels_at(w, begin, last - begin, room), std::size_t{0}, last - begin, begin * kernels::panel_rows);
            }
        }

        /// Row `row` of w as floats [D]; bit for bit the same from both.
        void read_row(const kernels::panels& w, const file_matrix* m, std::size_t row, float* out) const noexcept;

    private:
        repacker*                 of_;
        std::atomic<std::int64_t> share_;  // bytes
    };

private:
    enum state : std::uint8_t { rows, packing, packed };

    [[nodiscard]] bool         enter() noexcept;
    void                       leave() noexcept;
    [[nodiscard]] std::int64_t share_of(std::size_t T) noexcept;

    std::vector<file_matrix>                       matrices_;
    std::vector<std::shared_ptr<const io::source>> files_;
    std::unique_ptr<std::atomic<std::uint8_t>[]>   states_;
    std::size_t                                    room_bytes_ = 0;
    std::uint64_t                                  all_        = 0;  // bytes of all panels
    std::atomic<std::uint64_t>                     left_;            // bytes of panels not yet packed
    std::atomic<std::uint32_t>                     users_  = 0;      // passes that may read rows; `closed` when there will be none
    std::atomic<std::uint32_t>                     passes_ = 0;
};

}  // namespace plume
