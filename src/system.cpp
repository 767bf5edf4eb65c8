#include "src/system.hpp"
#include "src/core/cgroup.hpp"

#include <cpuid.h>
#include <sys/sysinfo.h>
#include <xmmintrin.h>

#include <algorithm>

extern "C" int arch_prctl(int code, unsigned long value) noexcept;  // in the C library, but in no header of it

namespace plume {
namespace {

std::uint64_t system_memory() {
    char room[4096];
    if (const auto text = cgroup::read_file("", "/proc/meminfo", room)) {
        if (const auto kibibytes = cgroup::field(*text, "MemAvailable"); kibibytes && *kibibytes < (std::uint64_t{1} << 53)) return *kibibytes * 1024;
    }
    struct sysinfo info {};  // without /proc: free memory alone, which errs on the safe side
    return sysinfo(&info) == 0 ? std::uint64_t{info.freeram} * info.mem_unit : 0;
}

/// XCR0: the register sets that the operating system saves. Inline, because the intrinsic needs -mxsave.
std::uint64_t enabled_state() {
    std::uint32_t low = 0, high = 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return std::uint64_t{high} << 32 | low;
}

constexpr bool bit(unsigned word, int n) { return (word >> n & 1u) != 0; }

constexpr unsigned contract_control = 0x1f80;  // MXCSR after reset: round to nearest even, no flush-to-zero, all exceptions masked

}  // namespace

memory_state available_memory() noexcept {
    memory_state m{};
    m.system    = system_memory();
    m.cgroup    = cgroup::memory_left();
    m.available = m.cgroup ? std::min(m.system, *m.cgroup) : m.system;
    return m;
}

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID: leaf 1, leaf 7 subleaves 0 and 1; volume 1, 13.3: XCR0.
cpu_features detect_cpu() noexcept {
    cpu_features f;
    unsigned     a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return f;
    const unsigned leaf1 = c;
    if (!bit(leaf1, 27) || !bit(leaf1, 28)) return f;  // OSXSAVE, AVX
    const std::uint64_t state = enabled_state();
    const bool          ymm = (state & 0x06) == 0x06, zmm = (state & 0xe6) == 0xe6, tiles = (state & 0x60000) == 0x60000;
    if (!ymm) return f;
    f.fma  = bit(leaf1, 12);
    f.f16c = bit(leaf1, 29);
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return f;
    f.avx2 = bit(b, 5);
    if (!zmm) return f;
    f.avx512f    = bit(b, 16);
    f.avx512dq   = bit(b, 17);
    f.avx512bw   = bit(b, 30);
    f.avx512vl   = bit(b, 31);
    f.avx512vnni = bit(c, 11);
    f.amx_int8   = tiles && bit(d, 24) && bit(d, 25);
    f.amx_bf16   = tiles && bit(d, 22) && bit(d, 24);
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) != 0) f.avx512bf16 = bit(a, 5);
    f.amd = __get_cpuid(0, &a, &b, &c, &d) != 0 && b == signature_AMD_ebx && c == signature_AMD_ecx && d == signature_AMD_edx;
    return f;
}

// Linux, Documentation/arch/x86/xstate.rst: ARCH_REQ_XCOMP_PERM for the tiles' data.
bool allow_tiles() noexcept {
    constexpr int           request_permission = 0x1023;
    constexpr unsigned long tile_data          = 18;
    return arch_prctl(request_permission, tile_data) == 0;
}

fp_control::fp_control() noexcept : saved_(_mm_getcsr()) { _mm_setcsr(contract_control); }
fp_control::~fp_control() { _mm_setcsr(saved_); }

}  // namespace plume
