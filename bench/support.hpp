#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "src/dispatch.hpp"
#include "tools/peaks.hpp"

// What the micro-benchmarks share. They run on one thread, each kernel alone, and check a result before they time it.

namespace plume::bench {

/// A peak of this machine on one thread, measured again when the last time was more than two seconds ago: clocks and neighbours change.
class peak {
public:
    explicit peak(double (*measure)(std::size_t)) : measure_(measure) {}
    double operator()() {
        const auto now = clock::now();
        if (value_ == 0 || now - when_ > std::chrono::seconds(2)) {
            value_ = measure_(1);
            when_  = clock::now();
        }
        return value_;
    }

private:
    using clock = std::chrono::steady_clock;
    double (*measure_)(std::size_t);
    double            value_ = 0;
    clock::time_point when_;
};

inline double int8_peak() {
    static peak p(tool::measure_int8_peak);
    return p();
}
inline double f32_peak() {
    static peak p(tool::measure_f32_peak);
    return p();
}
/// Bytes a second that one thread reads from memory; measured once.
inline double read_peak() {
    static const double value = tool::measure_peaks(1, std::uint64_t{1} << 30, false).read_bytes_per_second;
    return value;
}

/// Times the loop of a benchmark and makes rates of it.
class rates {
public:
    explicit rates(benchmark::State& state) : state_(state), begin_(std::chrono::steady_clock::now()) {}

    /// GOP/s and the share of a peak. `ops`: of one iteration; a multiplication and an addition are two.
    void ops(double ops, double peak_ops_per_second) {
        const double rate          = ops * per_second();
        state_.counters["GOP/s"]   = rate * 1e-9;
        state_.counters["of_peak"] = rate / peak_ops_per_second;
    }
    void bytes(double bytes) { state_.counters["GB/s"] = bytes * per_second() * 1e-9; }

    /// GB/s that pass through the kernel, and as a share of what one thread reads from memory: more than 1 where the data lie in a cache.
    void bytes_of_memory(double n) {
        bytes(n);
        state_.counters["of_memory"] = n * per_second() / read_peak();
    }

private:
    [[nodiscard]] double per_second() {
        if (seconds_ == 0) seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
        return static_cast<double>(state_.iterations()) / seconds_;
    }
    benchmark::State&                     state_;
    std::chrono::steady_clock::time_point begin_;
    double                                seconds_ = 0;
};

/// The CPU targets that run here, the best first.
inline std::vector<const kernels::target_table*> targets_here() {
    std::vector<const kernels::target_table*> tables;
    for (const auto& t : compiled_targets())
        if (t.runs_here() && t.allowed()) tables.push_back(t.table);
    return tables;
}

/// Pseudo-random numbers in [-1, 1), from a counter.
inline std::vector<float> some_floats(std::size_t n, std::uint64_t stream) {
    std::vector<float> x(n);
    for (std::size_t i = 0; i < n; ++i) {
        auto z = stream * 0x9e3779b97f4a7c15u ^ (i + 0x632be59bd9b4e019u);
        for (const auto factor : {0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu}) z = (z ^ z >> 29) * factor;
        x[i] = static_cast<float>(static_cast<std::int64_t>((z ^ z >> 32) >> 40) - (1 << 23)) / static_cast<float>(1 << 23);
    }
    return x;
}

/// main of every benchmark program.
inline int run(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

}  // namespace plume::bench
