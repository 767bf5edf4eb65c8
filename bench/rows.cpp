// bench_rows: the kernels on rows of floats, on every CPU target that runs here, one thread. Names are <kernel>/<target>/<elements>.
// GB/s counts what is read and written. Before a benchmark is timed, its result is checked against double precision.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <string>

#include "support.hpp"

namespace {

using namespace plume;
using kernels::target_table;

constexpr std::size_t head = 64;  // E of the rotated heads

bool near(float got, double want, double room) { return std::fabs(got - want) <= room; }

/// One kernel: what it reads and writes, how it runs, and whether its result is right.
struct row_kernel {
    const char* name;
    double      bytes_an_element;
    void (*run)(const target_table&, std::vector<float>&);
    bool (*is_right)(const target_table&, std::size_t n);
};

/// Inputs of all kernels: x, w and another row, then the result, each n floats.
std::vector<float> inputs(std::size_t n) {
    auto all = bench::some_floats(4 * n, 3);
    for (std::size_t i = 0; i < n; ++i) all[i] *= 3;
    return all;
}

void norm(const target_table& t, std::vector<float>& v) {
    const auto n = v.size() / 4;
    t.rms_norm(v.data(), v.data() + n, 1e-5f, v.data() + 3 * n, n);
}
bool norm_is_right(const target_table& t, std::size_t n) {
    auto v = inputs(n);
    norm(t, v);
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) squares += static_cast<double>(v[i]) * v[i];
    const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + 1e-5);
    for (std::size_t i = 0; i < n; ++i)
        if (!near(v[3 * n + i], v[n + i] * v[i] * scale, 1e-5)) return false;
    return true;
}

/// Rotates x in place by one angle a pair; a pair stays as long as it is, so it may be rotated again and again.
void rope(const target_table& t, std::vector<float>& v) {
    const auto n = v.size() / 4;
    t.rope_interleaved(v.data(), n / head, head, v.data() + n, v.data() + 2 * n, head);
}
void set_angles(std::vector<float>& v) {
    const auto n = v.size() / 4;
    for (std::size_t i = 0; i < head / 2; ++i) {
        v[n + i]     = static_cast<float>(std::cos(static_cast<double>(i)));
        v[2 * n + i] = static_cast<float>(std::sin(static_cast<double>(i)));
    }
}
bool rope_is_right(const target_table& t, std::size_t n) {
    auto v = inputs(n);
    set_angles(v);
    const auto before = v;
    rope(t, v);
    for (std::size_t i = 0; i < n; i += 2) {
        const double c = v[n + i % head / 2], s = v[2 * n + i % head / 2], a = before[i], b = before[i + 1];
        if (!near(v[i], a * c - b * s, 1e-5) || !near(v[i + 1], a * s + b * c, 1e-5)) return false;
    }
    return true;
}

void silu(const target_table& t, std::vector<float>& v) {
    const auto n = v.size() / 4;
    t.activate[static_cast<std::size_t>(nonlinearity::silu)](v.data(), v.data() + n, v.data() + 3 * n, n);
}
bool silu_is_right(const target_table& t, std::size_t n) {
    auto v = inputs(n);
    silu(t, v);
    for (std::size_t i = 0; i < n; ++i)
        if (!near(v[3 * n + i], v[i] / (1 + std::exp(-static_cast<double>(v[i]))) * v[n + i], 1e-5)) return false;
    return true;
}

void add(const target_table& t, std::vector<float>& v) {
    const auto n = v.size() / 4;
    t.add(v.data() + n, v.data() + 3 * n, n);
}
bool add_is_right(const target_table& t, std::size_t n) {
    auto       v      = inputs(n);
    const auto before = v;
    add(t, v);
    for (std::size_t i = 0; i < n; ++i)
        if (v[3 * n + i] != before[3 * n + i] + before[n + i]) return false;
    return true;
}

constexpr row_kernel row_kernels[] = {
    {"rms_norm", 12, norm, norm_is_right}, {"rope", 8, rope, rope_is_right}, {"silu", 12, silu, silu_is_right}, {"add", 12, add, add_is_right}};

void rows(benchmark::State& state, const target_table* table, const row_kernel* kernel) {
    const auto n = static_cast<std::size_t>(state.range(0));
    if (!kernel->is_right(*table, n)) return state.SkipWithError("WRONG: off by more than rounding explains");
    auto v = inputs(n);
    set_angles(v);
    const double bytes = kernel->bytes_an_element * static_cast<double>(n);
    bench::read_peak();  // before the clock runs
    bench::rates rates(state);
    for (auto _ : state) {
        kernel->run(*table, v);
        benchmark::ClobberMemory();
    }
    rates.bytes_of_memory(bytes);
}

/// One row to int8, in one plane (a8) or two (a16).
struct quantised_row {
    std::vector<float>        x, s, S;
    std::vector<std::int8_t>  hi, lo;
    std::vector<std::int32_t> sums;
    kernels::quantised        q;

    quantised_row(std::size_t n, bool two) : x(bench::some_floats(n, 5)), s(n / 32 + 16), S(n / 32 + 16), hi(n + 64), lo(n + 64), sums(n / 16 + 16) {
        q.hi   = hi.data();
        q.lo   = two ? lo.data() : nullptr;
        q.s    = s.data();
        q.S    = S.data();
        q.sums = sums.data();
        q.D    = n;
    }
    void run(const target_table& t) const { t.quantise(x.data(), 0, 1, 0, q.D / 32, q); }

    [[nodiscard]] double bytes(std::size_t i) const { return q.lo != nullptr ? 128.0 * q.hi[i] + q.lo[i] : q.hi[i]; }
    [[nodiscard]] double word(std::size_t four, std::size_t k) const {
        std::int16_t value;
        std::memcpy(&value, (k % 2 == 0 ? q.hi : q.lo) + four + k / 2 * 2, sizeof value);
        return value;
    }

    /// Every value within half a step.
    [[nodiscard]] bool is_right(const target_table& t) const {
        run(t);
        for (std::size_t k = 0; k < q.D; ++k) {
            const auto   at   = t.place(1, q.D, q.lo != nullptr, 0, k / 4 * 4);
            const double step = q.s[at.block], value = t.words && q.lo != nullptr ? word(at.four, k % 4) : bytes(at.four + k % 4);
            if (!near(x[k], step * value, 0.501 * step + 1e-7)) return false;
        }
        return true;
    }
};

void quantise(benchmark::State& state, const target_table* table, bool two) {
    const auto          n = static_cast<std::size_t>(state.range(0));
    const quantised_row row(n, two);
    if (!row.is_right(*table)) return state.SkipWithError("WRONG: off by more than rounding explains");
    bench::read_peak();
    bench::rates rates(state);
    for (auto _ : state) {
        row.run(*table);
        benchmark::ClobberMemory();
    }
    rates.bytes_of_memory(static_cast<double>(n) * (two ? 6 : 5));  // and the scales: a few percent
}

}  // namespace

int main(int argc, char** argv) {
    for (const auto* table : bench::targets_here()) {
        for (const auto& kernel : row_kernels)
            benchmark::RegisterBenchmark((std::string(kernel.name) + "/" + table->name).c_str(), rows, table, &kernel)->Arg(2048)->Arg(8192);
        for (const bool two : {false, true})
            benchmark::RegisterBenchmark((std::string(two ? "quantise_a16/" : "quantise_a8/") + table->name).c_str(), quantise, table, two)
                ->Arg(2048)
                ->Arg(8192);
    }
    return bench::run(argc, argv);
}
