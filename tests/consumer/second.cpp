#include <plume/plume.hpp>

#include <cstdio>

/// A file that is not there is an error, by both doors.
int report_failed_load() {
    auto model = plume::load("no-such-file.gguf");
    if (model || model.error().group() != plume::code_group::resource) return std::puts("a missing file is no error"), 1;
    std::printf("%s\n", model.error().message().c_str());
#if defined(__cpp_exceptions)
    try {
        (void)plume::load("no-such-file.gguf").or_throw();
        return std::puts("or_throw threw nothing"), 1;
    } catch (const plume::exception& e) {
        if (e.why().code() != plume::code::file_not_found) return std::puts("the exception carries another error"), 1;
    }
#endif
    return 0;
}
