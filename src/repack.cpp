#include "repack.hpp"

#include <algorithm>
#include <limits>

#include <plume/core/checked.hpp>

#include "panel.hpp"

namespace plume {
namespace {

using kernels::panel_rows;

constexpr std::uint32_t closed = std::uint32_t{1} << 31;

// The first pass over a few tokens moves nothing, so that the first answer waits for nothing but itself; steady speed comes with the pass after these.
constexpr std::uint32_t moving_passes = 4;
// From so many tokens on, the arithmetic is so much that moving a panel is little beside it.
constexpr std::size_t many_tokens = 64;

}  // namespace

repacker::repacker(std::vector<file_matrix> matrices, std::vector<std::shared_ptr<const io::source>> files)
    : matrices_(std::move(matrices)), files_(std::move(files)) {
    std::size_t n_panels = 0;
    for (file_matrix& m : matrices_) {
        m.first             = n_panels;
        const std::size_t n = div_up(m.N, panel_rows);
        n_panels += n;
        all_ += std::uint64_t{n} * m.panel_bytes;
        room_bytes_ = std::max(room_bytes_, panel_room::bytes(m.panel_bytes));
    }
    states_ = std::make_unique<std::atomic<std::uint8_t>[]>(n_panels);
    left_.store(all_, std::memory_order_release);
}

bool repacker::enter() noexcept {
    if (left_bytes() == 0) return false;
    if ((users_.fetch_add(1, std::memory_order_acq_rel) & closed) == 0) return true;
    users_.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

/// The last to leave when all is packed closes the door and lets go of the files. Whoever came in between keeps it open, and leaves later.
void repacker::leave() noexcept {
    if (users_.fetch_sub(1, std::memory_order_acq_rel) != 1 || left_bytes() != 0) return;
    std::uint32_t nobody = 0;
    if (users_.compare_exchange_strong(nobody, closed, std::memory_order_acq_rel)) files_.clear();
}

std::int64_t repacker::share_of(std::size_t T) noexcept {
    if (T >= many_tokens) return std::numeric_limits<std::int64_t>::max();
    if (passes_.fetch_add(1, std::memory_order_relaxed) == 0) return 0;
    return static_cast<std::int64_t>(div_up(all_, std::uint64_t{moving_passes}));
}

repacker::pass::pass(repacker* of, std::size_t T) noexcept : of_(of != nullptr && of->enter() ? of : nullptr), share_(of_ == nullptr ? 0 : of_->share_of(T)) {}

repacker::pass::~pass() {
    if (of_ != nullptr) of_->leave();
}

result<void> repacker::pass::check() const {
    if (of_ == nullptr) return {};
    for (const auto& file : of_->files_)
        if (auto same = file->unchanged(); !same) return same;
    return {};
}

bool repacker::pass::ready(const file_matrix& m, std::size_t panel) noexcept {
    auto& now = of_->states_[m.first + panel];
    if (now.load(std::memory_order_acquire) == packed) return true;
    const auto bytes = static_cast<std::int64_t>(m.panel_bytes);
    if (share_.load(std::memory_order_relaxed) <= 0 || share_.fetch_sub(bytes, std::memory_order_relaxed) <= 0) return false;
    std::uint8_t expected = rows;
    if (!now.compare_exchange_strong(expected, packing, std::memory_order_acquire)) {  // another thread is at it, and is not waited for
        share_.fetch_add(bytes, std::memory_order_relaxed);
        return expected == packed;
    }
    pack_panels(m, panel, 1, m.panels + panel * m.panel_bytes);
    now.store(packed, std::memory_order_release);
    of_->left_.fetch_sub(m.panel_bytes, std::memory_order_acq_rel);
    return true;
}

void repacker::pass::read_row(const kernels::panels& w, const file_matrix* m, std::size_t row, float* out) const noexcept {
    if (of_ == nullptr || of_->states_[m->first + row / panel_rows].load(std::memory_order_acquire) == packed) return unpack_row(w, row, out);
    m->format->decode(m->rows + row * m->row_bytes, m->D / m->format->weights, out);
}

void pack_panels(const file_matrix& m, std::size_t panel, std::size_t n, std::byte* to) noexcept {
    for (std::size_t p = panel; p < panel + n; ++p, to += m.panel_bytes)
        pack_panel(*m.format, m.rows + p * panel_rows * m.row_bytes, std::min(panel_rows, m.N - p * panel_rows), m.D, to);
}

kernels::panels panels_at(const kernels::panels& w, std::size_t panel, std::size_t n, const std::byte* data) noexcept {
    kernels::panels part = w;
    part.data            = data;
    part.N               = std::min(n * panel_rows, w.N - panel * panel_rows);
    return part;
}

}  // namespace plume
