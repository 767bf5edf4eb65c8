#include <kernels/cpu/tiles_amx.hpp>

#include "bf16_pairs.hpp"

// Dot products of bf16 pairs by tdpbf16ps (AMX-BF16): a tile of 16 tokens × 32 k meets 16 lines of a panel, 8,192 products in 16 cycles.

namespace plume::kernels::bf16_amx {
namespace {

constexpr std::size_t tile_rows = 16, tokens_together = 2 * tile_rows;
constexpr std::size_t few = 4;  // tokens for which a tile instruction would multiply mostly nothing

/// Where a tile of sums lives between slabs: in y, or aside where y has not all of its rows and tokens.
struct sums {
    float*      y;
    std::size_t y_stride, tokens, rows;
    float*      aside;  // [16, 16]

    [[nodiscard]] bool        whole() const noexcept { return tokens >= tile_rows && rows >= panel_rows; }
    [[nodiscard]] float*      at() const noexcept { return whole() ? y : aside; }
    [[nodiscard]] std::size_t stride_bytes() const noexcept { return sizeof(float) * (whole() ? y_stride : panel_rows); }

    void fetch() const noexcept {
        if (whole()) return;
        for (std::size_t t = 0; t < tile_rows; ++t)
            lanes_avx512::store(aside + t * panel_rows, lanes_avx512::load_n(t < tokens ? y + t * y_stride : y, t < tokens ? rows : 0));
    }
    void keep() const noexcept {
        if (whole()) return;
        for (std::size_t t = 0; t < tile_rows && t < tokens; ++t) lanes_avx512::store_n(y + t * y_stride, lanes_avx512::load(aside + t * panel_rows), rows);
    }
};

/// 32 tokens × P panels: sums in tiles 0 to 3, activations in 4 and 5, weights in 6 and 7. `upper`: tokens 16 to 31 are there.
template <int P, bool Upper>
void tile_block(const std::byte* w, std::size_t panel_bytes, const std::uint16_t* x, std::size_t n_k, const sums (&c)[2][2], bool goes_on) noexcept {
    const auto each = [&](auto f) PLUME_INLINE_LAMBDA {
        f(c[0][0]);
        if constexpr (P > 1) f(c[0][1]);
        if constexpr (Upper) f(c[1][0]);
        if constexpr (Upper && P > 1) f(c[1][1]);
    };
    if (goes_on) {
        each([](const sums& s) { s.fetch(); });
        tiles_amx::load<0>(c[0][0].at(), c[0][0].stride_bytes());
        if constexpr (P > 1) tiles_amx::load<1>(c[0][1].at(), c[0][1].stride_bytes());
        if constexpr (Upper) tiles_amx::load<2>(c[1][0].at(), c[1][0].stride_bytes());
        if constexpr (Upper && P > 1) tiles_amx::load<3>(c[1][1].at(), c[1][1].stride_bytes());
    } else {
        tiles_amx::zero<0>();
        tiles_amx::zero<1>();
        tiles_amx::zero<2>();
        tiles_amx::zero<3>();
    }
    for (std::size_t k = 0; k < n_k; k += pairs_step) {
        tiles_amx::load<6>(w + k * panel_rows * 2, 64);
        tiles_amx::load<4>(x + k, slab_k * 2);
        if constexpr (P > 1) tiles_amx::load<7>(w + panel_bytes + k * panel_rows * 2, 64);
        if constexpr (Upper) tiles_amx::load<5>(x + tile_rows * slab_k + k, slab_k * 2);
        tiles_amx::dot_bf16<0, 4, 6>();
        if constexpr (P > 1) tiles_amx::dot_bf16<1, 4, 7>();
        if constexpr (Upper) tiles_amx::dot_bf16<2, 5, 6>();
        if constexpr (Upper && P > 1) tiles_amx::dot_bf16<3, 5, 7>();
    }
    tiles_amx::store<0>(c[0][0].at(), c[0][0].stride_bytes());
    if constexpr (P > 1) tiles_amx::store<1>(c[0][1].at(), c[0][1].stride_bytes());
    if constexpr (Upper) tiles_amx::store<2>(c[1][0].at(), c[1][0].stride_bytes());
    if constexpr (Upper && P > 1) tiles_amx::store<3>(c[1][1].at(), c[1][1].stride_bytes());
    each([](const sums& s) { s.keep(); });
}

void matmul(const panels& w, std::size_t panel_begin, std::size_t panel_end, const float* x, std::size_t T, float* y, std::size_t y_stride) noexcept {
    if (T <= few) return matmul_bf16_pairs(w, panel_begin, panel_end, x, T, y, y_stride);
    alignas(64) std::uint16_t rounded[tokens_together * slab_k];
    alignas(64) float         aside[4][tile_rows * panel_rows];
    tiles_amx::configuration  c;
    for (int tile = 0; tile < 8; ++tile) c.row_count[tile] = tile_rows, c.row_bytes[tile] = 64;
    const tiles_amx::in_use on(c);
    for (std::size_t k = 0; k < w.D; k += slab_k) {
        const std::size_t n_k = w.D - k < slab_k ? w.D - k : slab_k, padded = (n_k + pairs_step - 1) / pairs_step * pairs_step;
        for (std::size_t t = 0; t < T; t += tokens_together) {
            const std::size_t tokens = T - t < tokens_together ? T - t : tokens_together;
            const bool        upper  = tokens > tile_rows;
            round_rows(x + t * w.D + k, w.D, tokens, n_k, rounded);
            __builtin_memset(rounded + tokens * slab_k, 0, ((upper ? tokens_together : tile_rows) - tokens) * slab_k * sizeof(std::uint16_t));
            for (std::size_t p = panel_begin; p < panel_end; p += 2) {
                sums block_sums[2][2];
                for (std::size_t i = 0; i < 2; ++i)
                    for (std::size_t j = 0; j < 2; ++j) {
                        const std::size_t t_i = t + i * tile_rows, row = (p + j) * panel_rows;
                        if (t_i < T && row < w.N) block_sums[i][j] = {y + t_i * y_stride + row, y_stride, T - t_i, w.N - row, aside[2 * i + j]};
                    }
                const std::byte* panel = w.data + p * w.panel_bytes + k * panel_rows * 2;
                const auto       block = upper               ? p + 1 < panel_end ? tile_block<2, true> : tile_block<1, true>
                                                       : p + 1 < panel_end ? tile_block<2, false>
                                                             : tile_block<1, false>;
                block(panel, w.panel_bytes, rounded, padded, block_sums, k != 0);
            }
        }
    }
}

}  // namespace

extern const fast_table    table;
constinit const fast_table table = {"bf16_amx", matmul};

}  // namespace plume::kernels::bf16_amx
