// bench_matmul: every weight format on every CPU target that runs here, one thread: y[T,N] = x[T,D] · w[N,D]^T with T = 1 (decode) and 64 (prefill).
// GOP/s counts a multiplication and an addition as two. The weights are zero: the kernels' time does not depend on values.
#include <string>

#include <benchmark/benchmark.h>

#include <plume/core/buffer.hpp>

#include "src/dispatch.hpp"
#include "src/panel.hpp"

namespace {

using namespace plume;

constexpr std::size_t N = 512, D = 2048;  // small enough for the second cache: this times arithmetic, not memory

void matmul(benchmark::State& state, const kernels::target_table* table, std::size_t index, bool two_planes) {
    const auto  T       = static_cast<std::size_t>(state.range(0));
    const auto& format  = quant::formats()[index];
    auto        weights = buffer::allocate((N / kernels::panel_rows) * panel_bytes(format, D));
    auto        planes = buffer::allocate(2 * T * D), scales = buffer::allocate(2 * T * (D / 32) * sizeof(float));
    auto sums = buffer::allocate(T * (D / 16) * sizeof(std::int32_t)), x = buffer::allocate(T * D * sizeof(float)), y = buffer::allocate(T * N * sizeof(float));
    if (!weights || !planes || !scales || !sums || !x || !y) return state.SkipWithError("out of memory");

    const auto         w = panels_of(format, N, D, weights->data());
    kernels::quantised q;
    q.hi   = planes->as<std::int8_t>();
    q.lo   = two_planes ? q.hi + T * D : nullptr;
    q.s    = scales->as<float>();
    q.S    = q.s + T * (D / 32);
    q.sums = sums->as<std::int32_t>();
    q.D    = D;
    for (std::size_t t = 0; t < T; ++t) table->quantise(x->as<float>() + t * D, t, T, 0, D / 32, q);

    const auto& entry = table->matmul[index];
    for (auto _ : state) {
        if (format.is_float)
            entry.f32(w, 0, N / kernels::panel_rows, x->as<float>(), T, y->as<float>(), N);
        else
            (two_planes ? entry.a16 : entry.a8)(w, 0, N / kernels::panel_rows, q, T, y->as<float>(), N);
        benchmark::ClobberMemory();
    }
    state.counters["GOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(T * N * D), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

int main(int argc, char** argv) {
    for (const auto& target : compiled_targets()) {
        if (!target.runs_here() || !target.allowed()) continue;
        for (std::size_t i = 0; i < quant::formats().size(); ++i) {
            const auto& format = quant::formats()[i];
            for (const bool two_planes : {false, true}) {
                if (format.is_float && two_planes) continue;
                const auto name = "matmul_" + std::string(format.name) + (format.is_float ? "_f32/" : two_planes ? "_a16/" : "_a8/") + target.name;
                benchmark::RegisterBenchmark(name.c_str(), matmul, target.table, i, two_planes)->Arg(1)->Arg(64);
            }
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
}
