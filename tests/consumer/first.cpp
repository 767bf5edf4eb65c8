// One of two translation units that include everything: nothing may be defined twice. Prints the version of the library that is linked.
#include <plume/plume.hpp>

#include <cstdio>
#include <cstring>

#if PLUME_VERSION_MAJOR == 0 && PLUME_VERSION_MINOR == 0
#error "the version macros are not what they say"
#endif

int report_failed_load();  // second.cpp
int run_own_executor();    // without_exceptions.cpp

int main() {
    std::printf("plume %s, numerics %d\n", plume::version(), plume::numerics_version);
    const auto headers = std::to_string(PLUME_VERSION_MAJOR) + '.' + std::to_string(PLUME_VERSION_MINOR) + '.' + std::to_string(PLUME_VERSION_PATCH);
    if (headers != plume::version()) return std::puts("the headers are of another version"), 1;
    return report_failed_load() + run_own_executor();
}
