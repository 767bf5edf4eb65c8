// bench_matmul: every weight format on every CPU target that runs here, one thread: y[M,N] = x[M,D] · w[N,D]^T.
// Names are matmul/<format>/<a8, a16 or f32>/<target>/M:<tokens>; choose with --benchmark_filter='Q4_K/a8/avx512vnni/M:64$'. The weights (512 × 2048) fit
// into the second cache: this times arithmetic, not memory. Before a benchmark is timed, its result is checked.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <plume/core/buffer.hpp>

#include "src/panel.hpp"
#include "support.hpp"
#include "tools/synthetic_model/weights.hpp"

namespace {

using namespace plume;

constexpr std::size_t N = 512, D = 2048, panels_in_all = N / kernels::panel_rows;

enum class planes { one, two };

buffer memory(std::size_t bytes) {
    auto b = buffer::allocate(bytes);
    if (!b) std::abort();
    return std::move(*b);
}

/// A matrix in a file's rows, as panels and decoded.
struct matrix {
    const quant::format_info* format;
    buffer                    packed;
    std::vector<float>        decoded;
    kernels::panels           view;
};

const matrix& matrix_of(std::size_t index) {
    static std::vector<matrix> made(quant::formats().size());
    auto&                      m = made[index];
    if (m.format != nullptr) return m;
    const auto&            format    = quant::formats()[index];
    const std::size_t      row_bytes = D / format.weights * format.block_bytes, bytes = panel_bytes(format, D);
    std::vector<std::byte> rows(N * row_bytes);
    tool::synthetic::weight_pool(format, 1).draw("w", 0, N * D / format.weights, rows.data());
    m.format = &format;
    m.packed = memory(panels_in_all * bytes);
    m.decoded.resize(N * D);
    format.decode(rows.data(), N * D / format.weights, m.decoded.data());
    for (std::size_t p = 0; p < panels_in_all; ++p)
        pack_panel(format, rows.data() + p * kernels::panel_rows * row_bytes, kernels::panel_rows, D, m.packed.data() + p * bytes);
    m.view = panels_of(format, N, D, m.packed.data());
    return m;
}

/// Activations of one target, quantised by it, and its product.
class product {
public:
    product(const kernels::target_table& table, std::size_t index, std::size_t M, planes how)
        : entry_(table.matmul[index]), w_(matrix_of(index)), M_(M), x_(bench::some_floats(M * D, 7)), y_(M * N) {
        if (w_.format->is_float) return;
        // 64 bytes more, for kernels that read whole vectors
        hi_ = memory(2 * M * D + 64);
        s_  = memory(2 * M * (D / 32) * sizeof(float) + 64);
        b_  = memory(M * (D / 16) * sizeof(std::int32_t) + 64);

        q_.hi   = hi_.as<std::int8_t>();
        q_.lo   = how == planes::two ? q_.hi + M * D : nullptr;
        q_.s    = s_.as<float>();
        q_.S    = q_.s + M * (D / 32);
        q_.sums = b_.as<std::int32_t>();
        q_.D    = D;
        for (std::size_t t = 0; t < M; ++t) table.quantise(x_.data() + t * D, t, M, 0, D / 32, q_);
    }

    /// Panels [begin, end) for all tokens.
    void run(std::size_t begin, std::size_t end) {
        if (w_.format->is_float)
            entry_.f32(w_.view, begin, end, x_.data(), M_, y_.data(), N);
        else
            (q_.lo != nullptr ? entry_.a16 : entry_.a8)(w_.view, begin, end, q_, M_, y_.data(), N);
    }

    [[nodiscard]] float y(std::size_t t, std::size_t row) const { return y_[t * N + row]; }

    /// Whether every result is within what rounding the activations explains: half a step each, and 1e-5 of the sum of magnitudes for f32.
    [[nodiscard]] bool is_right() const {
        const double steps = w_.format->is_float ? INFINITY : q_.lo != nullptr ? 127.0 * 128 : 127.0;
        for (std::size_t t = 0; t < M_; ++t)
            for (std::size_t row = t % 7; row < N; row += 7) {  // every seventh
                double sum = 0, room = 0;
                for (std::size_t block = 0; block < D; block += 32) {
                    double largest = 0, weights = 0;
                    for (std::size_t k = block; k < block + 32; ++k) {
                        const double x = x_[t * D + k], w = w_.decoded[row * D + k];
                        sum += x * w;
                        room += 1e-5 * std::fabs(x * w);
                        largest = std::max(largest, std::fabs(x));
                        weights += std::fabs(w);
                    }
                    room += 0.501 * largest / steps * weights;
                }
                if (!(std::fabs(y(t, row) - sum) <= room)) return false;
            }
        return true;
    }

private:
    const kernels::target_table::matmul_entry& entry_;
    const matrix&                              w_;
    std::size_t                                M_;
    std::vector<float>                         x_, y_;
    buffer                                     hi_, s_, b_;
    kernels::quantised                         q_;
};

/// The numbers contract on one panel: the bits of the first target are those of every other.
bool same_bits(const product& a, const product& b, std::size_t M) {
    for (std::size_t t = 0; t < M; ++t)
        for (std::size_t row = 0; row < kernels::panel_rows; ++row) {
            const float left = a.y(t, row), right = b.y(t, row);
            if (std::memcmp(&left, &right, sizeof left) != 0) return false;
        }
    return true;
}

void matmul(benchmark::State& state, const kernels::target_table* table, std::size_t index, planes how) {
    const auto M = static_cast<std::size_t>(state.range(0));
    product    p(*table, index, M, how);
    p.run(0, panels_in_all);
    if (!p.is_right()) return state.SkipWithError("WRONG: off by more than rounding explains");
    product last(*bench::targets_here().back(), index, M, how);
    last.run(0, 1);
    if (!same_bits(p, last, M)) return state.SkipWithError("WRONG: other bits than the last target's");

    const auto&  format = quant::formats()[index];
    const double peak   = format.is_float ? bench::f32_peak() : bench::int8_peak();
    bench::rates rates(state);
    for (auto _ : state) {
        p.run(0, panels_in_all);
        benchmark::ClobberMemory();
    }
    rates.ops(2.0 * static_cast<double>(M * N * D), peak);
    rates.bytes(static_cast<double>(N * D / format.weights * format.block_bytes));
}

}  // namespace

int main(int argc, char** argv) {
    for (const auto* table : bench::targets_here())
        for (std::size_t i = 0; i < quant::formats().size(); ++i) {
            const auto& format = quant::formats()[i];
            for (const auto how : {planes::one, planes::two}) {
                if (format.is_float && how == planes::two) continue;
                const auto name = "matmul/" + std::string(format.name) + (format.is_float ? "/f32/" : how == planes::two ? "/a16/" : "/a8/") + table->name;
                auto*      b    = benchmark::RegisterBenchmark(name.c_str(), matmul, table, i, how)->ArgName("M");
                for (const int M : {1, 2, 4, 8, 16, 64, 128}) b->Arg(M);
            }
        }
    return bench::run(argc, argv);
}
