#include "src/dispatch.hpp"
#include "src/system.hpp"

// The build writes plume_cpu_targets.inc: one PLUME_CPU_TARGET(name) for each target, the best first.

namespace plume {

// Each target's own file defines its table: kernels/cpu/targets/<name>.cpp.
#define PLUME_CPU_TARGET(name)                \
    namespace kernels::name {                 \
    extern const kernels::target_table table; \
    }
#include "plume_cpu_targets.inc"
#undef PLUME_CPU_TARGET

namespace {

// What each target's instructions need; the names are those of the list, so a target without a line here does not compile.
// A build may leave targets out.
namespace runs_here {
[[maybe_unused]] bool scalar() noexcept { return true; }
[[maybe_unused]] bool avx2() noexcept {
    const auto f = detect_cpu();
    return f.avx2 && f.fma && f.f16c;
}
[[maybe_unused]] bool avx512() noexcept {
    const auto f = detect_cpu();
    return avx2() && f.avx512f && f.avx512bw && f.avx512dq && f.avx512vl;
}
[[maybe_unused]] bool avx512vnni() noexcept { return avx512() && detect_cpu().avx512vnni; }
[[maybe_unused]] bool amx() noexcept { return avx512vnni() && detect_cpu().amx_int8; }
}  // namespace runs_here

// What a target asks the system for when it is chosen.
namespace allowed {
[[maybe_unused]] bool scalar() noexcept { return true; }
[[maybe_unused]] bool avx2() noexcept { return true; }
[[maybe_unused]] bool avx512() noexcept { return true; }
[[maybe_unused]] bool avx512vnni() noexcept { return true; }
[[maybe_unused]] bool amx() noexcept { return allow_tiles(); }
}  // namespace allowed

constexpr kernels::target_entry targets[] = {
#define PLUME_CPU_TARGET(name) {#name, runs_here::name, allowed::name, &kernels::name::table},
#include "plume_cpu_targets.inc"
#undef PLUME_CPU_TARGET
};

std::string names_that_run() {
    std::string list;
    for (const auto& t : targets)
        if (t.runs_here()) list += (list.empty() ? "" : ", ") + std::string(t.name);
    return "this CPU runs: " + list;
}

}  // namespace

std::span<const kernels::target_entry> compiled_targets() noexcept { return targets; }

result<const kernels::target_table*> choose_target(std::string_view name) {
    for (const auto& t : targets) {
        if (!name.empty() && name != t.name) continue;
        if (t.runs_here() && t.allowed()) return t.table;
        if (!name.empty())
            return error{code::cpu_unsupported, "needs instructions that this CPU does not have or the system does not enable"}
                .about("CPU target", name)
                .hint(names_that_run());
    }
    if (name.empty()) return error{code::cpu_unsupported, "no compiled CPU target runs here"}.hint("build plume with the target 'scalar'");
    return error{code::invalid_argument, "is not a target of this build"}.about("CPU target", name).hint(names_that_run());
}

}  // namespace plume
