// The machine's limits, by small loops of the instructions that matrix products are made of. Each loop keeps enough independent
// sums in registers to hide the latency; an empty asm keeps the compiler from removing them.
#include "peaks.hpp"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include <immintrin.h>
#include <sys/mman.h>

// g++ keeps the sums in registers only when told to unroll; clang does it by itself.
#define PLUME_UNROLL _Pragma("GCC unroll 16")

namespace plume::tool {
namespace {

using clock = std::chrono::steady_clock;

constexpr int sums = 12;  // independent chains: more than latency × ports on any CPU of interest

/// Runs `rounds` rounds and returns the operations done.
using work_fn = double (*)(std::size_t rounds);

__attribute__((target("avx512f,avx512bw,avx512vnni"))) double int8_avx512vnni(std::size_t rounds) {
    __m512i acc[sums], a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(2);
    PLUME_UNROLL for (auto& x : acc) x = _mm512_setzero_si512();
    for (std::size_t r = 0; r < rounds; ++r) {
        PLUME_UNROLL for (auto& x : acc) x = _mm512_dpbusd_epi32(x, a, b);
        PLUME_UNROLL for (auto& x : acc) asm volatile("" : "+v"(x));
    }
    return static_cast<double>(rounds) * sums * 64 * 2;
}

/// Full tiles, 16 × 16 sums of 64 products, four sums in turn. The instructions are spelled out, so that this file needs no flag.
double int8_amx(std::size_t rounds) {
    struct alignas(64) {
        std::uint8_t  palette = 1, start_row = 0, reserved[14] = {};
        std::uint16_t row_bytes[16] = {};
        std::uint8_t  row_count[16] = {};
    } shape;
    for (int tile = 0; tile < 8; ++tile) shape.row_bytes[tile] = 64, shape.row_count[tile] = 16;
    asm volatile("ldtilecfg %0" ::"m"(shape));
    asm volatile("tilezero %%tmm0; tilezero %%tmm1; tilezero %%tmm4; tilezero %%tmm5; tilezero %%tmm6; tilezero %%tmm7" ::);
    for (std::size_t r = 0; r < rounds; ++r)
        asm volatile("tdpbssd %%tmm1, %%tmm0, %%tmm4; tdpbssd %%tmm1, %%tmm0, %%tmm5; tdpbssd %%tmm1, %%tmm0, %%tmm6; tdpbssd %%tmm1, %%tmm0, %%tmm7" ::);
    asm volatile("tilerelease" ::);
    return static_cast<double>(rounds) * 4 * 16 * 16 * 64 * 2;
}

__attribute__((target("avx512f,avx512bw"))) double int8_avx512(std::size_t rounds) {
    __m512i acc[sums], a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(2), ones = _mm512_set1_epi16(1);
    PLUME_UNROLL for (auto& x : acc) x = _mm512_setzero_si512();
    for (std::size_t r = 0; r < rounds; ++r) {
        asm volatile("" : "+v"(a));
        PLUME_UNROLL for (auto& x : acc) {
            x = _mm512_add_epi32(x, _mm512_madd_epi16(_mm512_maddubs_epi16(a, b), ones));
            asm volatile("" : "+v"(x), "+v"(b));
        }
    }
    return static_cast<double>(rounds) * sums * 64 * 2;
}

__attribute__((target("avx2"))) double int8_avx2(std::size_t rounds) {
    __m256i acc[sums], a = _mm256_set1_epi8(1), b = _mm256_set1_epi8(2), ones = _mm256_set1_epi16(1);
    PLUME_UNROLL for (auto& x : acc) x = _mm256_setzero_si256();
    for (std::size_t r = 0; r < rounds; ++r) {
        asm volatile("" : "+x"(a));
        PLUME_UNROLL for (auto& x : acc) {
            x = _mm256_add_epi32(x, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones));
            asm volatile("" : "+x"(x), "+x"(b));
        }
    }
    return static_cast<double>(rounds) * sums * 32 * 2;
}

double int8_sse2(std::size_t rounds) {  // no 8-bit products before SSSE3: 16-bit ones
    __m128i acc[sums], a = _mm_set1_epi16(1), b = _mm_set1_epi16(2);
    PLUME_UNROLL for (auto& x : acc) x = _mm_setzero_si128();
    for (std::size_t r = 0; r < rounds; ++r) PLUME_UNROLL for (auto& x : acc) {
            x = _mm_add_epi32(x, _mm_madd_epi16(a, b));
            asm volatile("" : "+x"(x), "+x"(b));
        }
    return static_cast<double>(rounds) * sums * 8 * 2;
}

__attribute__((target("avx512f"))) double f32_avx512(std::size_t rounds) {
    __m512 acc[sums], a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(1.0f);
    PLUME_UNROLL for (auto& x : acc) x = _mm512_set1_ps(1.0f);
    for (std::size_t r = 0; r < rounds; ++r) {
        PLUME_UNROLL for (auto& x : acc) x = _mm512_fmadd_ps(x, a, b);
        PLUME_UNROLL for (auto& x : acc) asm volatile("" : "+v"(x));
    }
    return static_cast<double>(rounds) * sums * 16 * 2;
}

__attribute__((target("avx2,fma"))) double f32_avx2(std::size_t rounds) {
    __m256 acc[sums], a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(1.0f);
    PLUME_UNROLL for (auto& x : acc) x = _mm256_set1_ps(1.0f);
    for (std::size_t r = 0; r < rounds; ++r) {
        PLUME_UNROLL for (auto& x : acc) x = _mm256_fmadd_ps(x, a, b);
        PLUME_UNROLL for (auto& x : acc) asm volatile("" : "+x"(x));
    }
    return static_cast<double>(rounds) * sums * 8 * 2;
}

double f32_sse2(std::size_t rounds) {
    __m128 acc[sums], a = _mm_set1_ps(0.5f), b = _mm_set1_ps(1.0f);
    PLUME_UNROLL for (auto& x : acc) x = _mm_set1_ps(1.0f);
    for (std::size_t r = 0; r < rounds; ++r) PLUME_UNROLL for (auto& x : acc) {
            x = _mm_add_ps(_mm_mul_ps(x, a), b);
            asm volatile("" : "+x"(x));
        }
    return static_cast<double>(rounds) * sums * 4 * 2;
}

struct choice {
    const char* name;
    work_fn     work;
};

choice best_int8(bool tiles) {
    if (tiles) return {"amx", int8_amx};
    if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")) return {"avx512vnni", int8_avx512vnni};
    if (__builtin_cpu_supports("avx512bw")) return {"avx512bw", int8_avx512};
    if (__builtin_cpu_supports("avx2")) return {"avx2", int8_avx2};
    return {"sse2 (16-bit)", int8_sse2};
}

choice best_f32() {
    if (__builtin_cpu_supports("avx512f")) return {"avx512f", f32_avx512};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {"avx2 fma", f32_avx2};
    return {"sse2", f32_sse2};
}

/// `work(thread)` on all threads at the same time, several times; the best total per second of `amount(thread)`.
template <class Work>
double best_rate(std::size_t threads, int times, Work work) {
    std::vector<double>            amounts(threads);
    std::vector<clock::time_point> ends(threads);
    double                         best = 0;
    std::barrier                   together(static_cast<std::ptrdiff_t>(threads));
    clock::time_point              begin;
    const auto                     body = [&](std::size_t thread) {
        for (int i = 0; i < times; ++i) {
            together.arrive_and_wait();
            if (thread == 0) begin = clock::now();
            amounts[thread] = work(thread);
            ends[thread]    = clock::now();
            together.arrive_and_wait();
            if (thread != 0) continue;
            double total = 0;
            for (const double a : amounts) total += a;
            const std::chrono::duration<double> seconds = *std::max_element(ends.begin(), ends.end()) - begin;
            best                                        = std::max(best, total / seconds.count());
        }
    };
    std::vector<std::jthread> helpers;
    for (std::size_t t = 1; t < threads; ++t) helpers.emplace_back(body, t);
    body(0);
    return best;
}

double arithmetic_peak(std::size_t threads, work_fn work) {
    // As many rounds as take about 50 ms.
    std::size_t rounds = 1 << 14;
    while (true) {
        const auto begin = clock::now();
        work(rounds);
        if (clock::now() - begin > std::chrono::milliseconds(25) || rounds > (std::size_t{1} << 40)) break;
        rounds *= 2;
    }
    return best_rate(threads, 5, [=](std::size_t) { return work(rounds * 2); });
}

/// Reads all of it once. Baseline instructions: a core that waits for memory does not need wider ones.
double read_all(const char* bytes, std::size_t n) {
    __m128i acc[8];
    PLUME_UNROLL for (auto& x : acc) x = _mm_setzero_si128();
    for (std::size_t i = 0; i + 128 <= n; i += 128)
        PLUME_UNROLL for (std::size_t j = 0; j < 8; ++j) acc[j] = _mm_xor_si128(acc[j], _mm_load_si128(reinterpret_cast<const __m128i*>(bytes + i + 16 * j)));
    for (auto& x : acc) asm volatile("" : "+x"(x));
    return static_cast<double>(n);
}

double bandwidth_peak(std::size_t threads, std::uint64_t memory_bytes) {
    constexpr std::size_t page  = std::size_t{2} << 20;
    const std::size_t     share = std::min<std::uint64_t>(memory_bytes, std::uint64_t{256} << 20) / threads / page * page;
    if (share == 0) return 0;
    const std::unique_ptr<char, void (*)(void*)> block(static_cast<char*>(std::aligned_alloc(page, share * threads)), std::free);
    if (!block) return 0;
    ::madvise(block.get(), share * threads, MADV_HUGEPAGE);  // a wish: without it the figure is what small pages give
    std::fill_n(block.get(), share * threads, '\1');
    return best_rate(threads, 5, [&](std::size_t thread) { return read_all(block.get() + thread * share, share); });
}

}  // namespace

double measure_int8_peak(std::size_t threads) { return arithmetic_peak(threads, best_int8(false).work); }
double measure_f32_peak(std::size_t threads) { return arithmetic_peak(threads, best_f32().work); }

machine_peaks measure_peaks(std::size_t threads, std::uint64_t memory_bytes, bool tiles) {
    const auto    int8 = best_int8(tiles), f32 = best_f32();
    machine_peaks p;
    p.int8_instructions     = int8.name;
    p.f32_instructions      = f32.name;
    p.int8_ops_per_second   = arithmetic_peak(threads, int8.work);
    p.f32_ops_per_second    = arithmetic_peak(threads, f32.work);
    p.read_bytes_per_second = bandwidth_peak(threads, memory_bytes);
    return p;
}

}  // namespace plume::tool
