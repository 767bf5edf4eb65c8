#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/gguf_seeds.hpp"

using namespace plume::test;

TEST_CASE("the seeds of the GGUF fuzzer are what the writer writes (PLUME_WRITE_SEEDS=1 writes them)") {
    const std::filesystem::path folder = PLUME_GOLDEN "/../fuzz/corpus/gguf";
    const bool                  write  = std::getenv("PLUME_WRITE_SEEDS") != nullptr;
    if (write) std::filesystem::create_directories(folder);
    for (const auto& seed : gguf_seeds()) {
        const auto& name  = seed.first;  // no structured binding: clang 14 cannot capture one
        const auto& bytes = seed.second;
        CAPTURE(name);
        if (write)
            std::ofstream(folder / name, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        std::ifstream     file(folder / name, std::ios::binary);
        const std::string kept{std::istreambuf_iterator<char>(file), {}};
        CHECK(kept.size() == bytes.size());
        CHECK(std::equal(kept.begin(), kept.end(), bytes.begin(), bytes.end(), [](char a, std::byte b) { return static_cast<std::byte>(a) == b; }));
    }
}
