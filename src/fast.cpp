#include "src/fast.hpp"

#include <algorithm>
#include <cstring>

#include <plume/core/half.hpp>

#include "src/panel.hpp"
#include "src/system.hpp"

// The build writes plume_fast_kernels.inc: one PLUME_FAST_KERNEL(name) for each, the best first.

namespace plume {

// Each one's own file defines its table: kernels/cpu/special/<name>.cpp.
#define PLUME_FAST_KERNEL(name)             \
    namespace kernels::name {               \
    extern const kernels::fast_table table; \
    }
#include "plume_fast_kernels.inc"
#undef PLUME_FAST_KERNEL

namespace {

bool has_avx512(const cpu_features& f) { return f.fma && f.f16c && f.avx512f && f.avx512bw && f.avx512dq && f.avx512vl && f.avx512bf16; }

namespace runs_here {
[[maybe_unused]] bool bf16_avx512() noexcept { return has_avx512(detect_cpu()); }
[[maybe_unused]] bool bf16_amx() noexcept {
    const auto f = detect_cpu();
    return has_avx512(f) && f.amx_bf16 && allow_tiles();
}
}  // namespace runs_here

namespace pays_here {
// Intel's cores do one vdpbf16ps every two cycles (measured, Sapphire Rapids and later): half of what they do in f32. AMD's do twice as much.
[[maybe_unused]] bool bf16_avx512() noexcept { return detect_cpu().amd; }
[[maybe_unused]] bool bf16_amx() noexcept { return true; }
}  // namespace pays_here

constexpr kernels::fast_entry compiled[] = {
#define PLUME_FAST_KERNEL(name) {#name, runs_here::name, pays_here::name, &kernels::name::table},
#include "plume_fast_kernels.inc"
#undef PLUME_FAST_KERNEL
    {nullptr, nullptr, nullptr, nullptr}  // a build may have none
};

}  // namespace

std::span<const kernels::fast_entry> compiled_fast_kernels() noexcept { return std::span(compiled).first(std::size(compiled) - 1); }

const kernels::fast_table* choose_fast() noexcept {
    for (const auto& f : compiled_fast_kernels())
        if (f.runs_here() && f.pays_here()) return f.table;
    return nullptr;
}

kernels::panels pairs_of(const quant::format_info& f, std::size_t N, std::size_t D, const std::byte* data) noexcept {
    kernels::panels w = panels_of(f, N, D, data);
    w.panel_bytes     = kernels::pairs_panel_bytes(D);
    w.pairs           = true;
    return w;
}

void pack_pairs(const quant::format_info& f, const std::byte* rows, std::size_t n_rows, std::size_t D, std::byte* panel) noexcept {
    constexpr std::size_t step = 256;
    std::memset(panel, 0, kernels::pairs_panel_bytes(D));
    float w[step];
    for (std::size_t k = 0; k < D; k += step)
        for (std::size_t r = 0; r < n_rows; ++r) {
            const std::size_t n = std::min(step, D - k);
            f.decode(rows + (r * D + k) * f.block_bytes, n, w);
            for (std::size_t i = 0; i < n; ++i) {
                const auto bits = to_bfloat16(w[i]).bits;
                std::memcpy(panel + (k + i) / 2 * 64 + 4 * r + 2 * (i % 2), &bits, sizeof bits);
            }
        }
}

}  // namespace plume
