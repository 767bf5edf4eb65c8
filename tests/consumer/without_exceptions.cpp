// Compiled with -fno-exceptions, in a program whose other parts have them. A host's own executor needs plume's vtable and type information.
#include <plume/plume.hpp>

#include <cstdio>

#if defined(__cpp_exceptions)
#error "this file is for a host without exceptions"
#endif

namespace {

class one_by_one final : public plume::executor {
public:
    [[nodiscard]] std::size_t concurrency() const noexcept override { return 1; }
    void                      parallel_for(std::size_t n, task run, void* context) noexcept override {
        for (std::size_t i = 0; i < n; ++i) run(context, i);
    }
};

}  // namespace

int run_own_executor() {
    plume::load_options options;
    options.executor = std::make_shared<one_by_one>();
    auto model       = plume::load("no-such-file.gguf", options);
    return model ? (std::puts("a missing file is no error"), 1) : 0;
}
