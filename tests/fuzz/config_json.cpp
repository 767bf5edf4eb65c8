#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include <plume/model.hpp>
#include <plume/models/folder.hpp>

#include "support/hf_folder.hpp"

// The input is config.json of a folder whose weights are sound: it opens as a file, and what it says is read as a model's configuration is.

namespace {

const std::string& folder() {
    static const plume::test::temporary_folder made;
    static const std::string                   path = [] {
        const plume::test::tiny_options options{.layers = 1, .d = 32, .heads = 2, .kv_heads = 1, .ffn = 32, .tokens = 300, .tied = true};
        return write_folder(made, plume::test::tiny_config(options), plume::test::tiny_tensors(options));
    }();
    return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::ofstream(folder() + "/config.json", std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
    const auto file = plume::open_model_file(folder());
    if (!file) {
        if (file.error().message().size() < 20 || file.error().hint().empty()) std::abort();
        return 0;
    }
    std::vector<std::byte> scratch;
    for (const auto& t : file->tensors())
        if (!file->read(t, 0, 1, scratch) || !file->read(t, t.bytes - 1, 1, scratch)) std::abort();
    const auto plan = plume::plan(folder(), {.threads = 1}, {.context_tokens = 16});
    if (!plan && plan.error().message().size() < 20) std::abort();
    return 0;
}
