#include "src/system.hpp"
#include "src/core/cgroup.hpp"

#include <doctest/doctest.h>

#include <xmmintrin.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <plume/core/executor.hpp>

using namespace plume;

namespace {

/// A folder with a /proc and a /sys of its own, gone at the end.
class fake_root {
public:
    fake_root() {
        std::string name = (std::filesystem::temp_directory_path() / "plume_system_XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~fake_root() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    void write(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories((path_ + path).substr(0, (path_ + path).rfind('/')));
        std::ofstream(path_ + path) << text;
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

}  // namespace

TEST_CASE("a number is read up to its end, and what is none is refused") {
    CHECK(cgroup::leading_number("4096\n") == 4096);
    CHECK(cgroup::leading_number("  17 kB") == 17);
    CHECK(cgroup::leading_number("18446744073709551615") == 18446744073709551615u);
    for (const char* text : {"18446744073709551616", "max\n", "-1", "", "  ", "x1"}) CHECK_FALSE(cgroup::leading_number(text).has_value());
}

TEST_CASE("a field is found by its whole name at the beginning of a line") {
    const char* stat = "anon 1\nactive_inactive_file 2\ninactive_file_x 3\ninactive_file 45\nfile 6";
    CHECK(cgroup::field(stat, "inactive_file") == 45);
    CHECK(cgroup::field(stat, "file") == 6);
    CHECK_FALSE(cgroup::field(stat, "slab").has_value());
    CHECK(cgroup::field("MemTotal:       16 kB\nMemAvailable:    7 kB\n", "MemAvailable") == 7);
    CHECK_FALSE(cgroup::field("MemAvailable:", "MemAvailable").has_value());
}

TEST_CASE("the path of a control group is found for v2 and for a controller of v1") {
    const char* text = "5:cpuset:/a\n4:cpu,cpuacct:/b\n3:memory:/c:d\n0::/user.slice/x.scope\n";
    CHECK(cgroup::path_of(text, "") == "/user.slice/x.scope");
    CHECK(cgroup::path_of(text, "cpu") == "/b");
    CHECK(cgroup::path_of(text, "cpuacct") == "/b");
    CHECK(cgroup::path_of(text, "memory") == "/c:d");
    CHECK_FALSE(cgroup::path_of(text, "pids").has_value());
    CHECK_FALSE(cgroup::path_of("nonsense\n1:x", "").has_value());
    CHECK_FALSE(cgroup::path_of("1:name=systemd:/s\n", "").has_value());
}

TEST_CASE("the tightest memory limit above this process counts, with its file pages as free") {
    fake_root root;
    CHECK_FALSE(cgroup::memory_left(root.path()).has_value());
    root.write("/proc/self/cgroup", "0::/outer/inner\n");
    CHECK_FALSE(cgroup::memory_left(root.path()).has_value());
    root.write("/sys/fs/cgroup/outer/inner/memory.max", "max\n");
    CHECK_FALSE(cgroup::memory_left(root.path()).has_value());
    root.write("/sys/fs/cgroup/outer/memory.max", "1000000\n");
    root.write("/sys/fs/cgroup/outer/memory.current", "600000\n");
    CHECK(cgroup::memory_left(root.path()) == 400000);
    root.write("/sys/fs/cgroup/outer/memory.stat", "anon 350000\ninactive_file 250000\n");
    CHECK(cgroup::memory_left(root.path()) == 650000);
    root.write("/sys/fs/cgroup/outer/memory.stat", "anon 350000\ninactive_file 150000\nactive_file 100000\n");
    CHECK(cgroup::memory_left(root.path()) == 650000);
    root.write("/sys/fs/cgroup/outer/memory.stat", "anon 0\ninactive_file 400000\nactive_file 300000\n");  // read at different moments: more than all
    CHECK(cgroup::memory_left(root.path()) == 1000000);
    root.write("/sys/fs/cgroup/outer/memory.stat", "anon 350000\ninactive_file 250000\n");
    root.write("/sys/fs/cgroup/outer/inner/memory.max", "300000\n");
    root.write("/sys/fs/cgroup/outer/inner/memory.current", "100000\n");
    CHECK(cgroup::memory_left(root.path()) == 200000);
    root.write("/sys/fs/cgroup/outer/inner/memory.current", "300001\n");  // above its limit for a moment
    CHECK(cgroup::memory_left(root.path()) == 0);
}

TEST_CASE("a container that sees a path of its host finds its own group at the root") {
    fake_root root;
    root.write("/proc/self/cgroup", "0::/host/docker/1234\n");
    root.write("/sys/fs/cgroup/memory.max", "5000\n");
    root.write("/sys/fs/cgroup/memory.current", "2000\n");
    root.write("/sys/fs/cgroup/cpu.max", "150000 100000\n");
    CHECK(cgroup::memory_left(root.path()) == 3000);
    CHECK(cgroup::cores(root.path()) == 2);
}

TEST_CASE("limits of control groups v1 are read too") {
    fake_root root;
    root.write("/proc/self/cgroup", "9:memory:/job\n3:cpu,cpuacct:/job\n");
    root.write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
    root.write("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
    root.write("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    CHECK_FALSE(cgroup::memory_left(root.path()).has_value());
    CHECK_FALSE(cgroup::cores(root.path()).has_value());
    root.write("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "8000\n");
    root.write("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "5000\n");
    root.write("/sys/fs/cgroup/memory/job/memory.stat", "inactive_file 7\nactive_file 9\ntotal_inactive_file 600\ntotal_active_file 400\n");
    root.write("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "300000\n");
    CHECK(cgroup::memory_left(root.path()) == 4000);
    CHECK(cgroup::cores(root.path()) == 3);
}

TEST_CASE("CPU quotas round up, and the smallest above this process counts") {
    fake_root root;
    root.write("/proc/self/cgroup", "0::/a/b\n");
    root.write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    CHECK_FALSE(cgroup::cores(root.path()).has_value());
    root.write("/sys/fs/cgroup/a/cpu.max", "250001 100000\n");
    CHECK(cgroup::cores(root.path()) == 3);
    root.write("/sys/fs/cgroup/a/b/cpu.max", "1000 100000\n");
    CHECK(cgroup::cores(root.path()) == 1);
    for (const char* bad : {"5", "5 0", "", "5 x", "99999999999999999999 1"}) {
        root.write("/sys/fs/cgroup/a/b/cpu.max", bad);
        CHECK(cgroup::cores(root.path()) == 3);
    }
}

TEST_CASE("a path too long for the buffer is no limit, not a crash") {
    fake_root root;
    root.write("/proc/self/cgroup", "0::/" + std::string(6000, 'a') + "/b\n");
    CHECK_FALSE(cgroup::memory_left(root.path()).has_value());
    CHECK_FALSE(cgroup::cores(root.path()).has_value());
}

TEST_CASE("this machine has memory and at least one core") {
    const auto m = available_memory();
    CHECK(m.system > 0);
    CHECK(m.available <= m.system);
    if (m.cgroup) CHECK(m.available <= *m.cgroup);
    CHECK(available_threads() >= 1);
}

TEST_CASE("the CPU's features agree with the compiler's own detection") {
    const auto f = detect_cpu();
    CHECK(f.avx2 == (__builtin_cpu_supports("avx2") != 0));
    CHECK(f.fma == (__builtin_cpu_supports("fma") != 0));
    CHECK(f.avx512f == (__builtin_cpu_supports("avx512f") != 0));
    CHECK(f.avx512bw == (__builtin_cpu_supports("avx512bw") != 0));
    CHECK(f.avx512dq == (__builtin_cpu_supports("avx512dq") != 0));
    CHECK(f.avx512vl == (__builtin_cpu_supports("avx512vl") != 0));
    CHECK(f.avx512vnni == (__builtin_cpu_supports("avx512vnni") != 0));
}

TEST_CASE("tiles are allowed where the CPU has them, again and again, and nowhere else") {
    if (!detect_cpu().amx_int8) {
        MESSAGE("skipped: no AMX here");
        return;
    }
    CHECK(allow_tiles());
    CHECK(allow_tiles());
}

TEST_CASE("fp_control sets the contract's rounding and denormals and gives the caller's back") {
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040 | 0x2000);  // flush-to-zero, denormals-are-zero, round down
    const volatile float least = 1.17549435e-38f, half = 0.5f;
    CHECK(least * half == 0.0f);
    {
        const fp_control     control;
        const volatile float product = least * half;
        CHECK(product > 0.0f);
        CHECK((_mm_getcsr() & 0x6000) == 0);
    }
    CHECK((_mm_getcsr() & 0xe040) == (((before | 0x8040 | 0x2000)) & 0xe040));
    _mm_setcsr(before);
}
