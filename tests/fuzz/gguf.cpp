#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "support/touch.hpp"

// Opens the input as a GGUF file from memory and through a reader, and touches all that it offers.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
    std::uint64_t                    sum  = 0;
    const auto                       file = plume::io::gguf::from_memory(bytes);
    const auto                       read = plume::io::gguf::from_reader(size, [bytes](std::uint64_t offset, std::span<std::byte> into) {
        for (std::size_t i = 0; i < into.size(); ++i) into[i] = bytes[offset + i];
        return true;
    });
    if (file.has_value() != read.has_value()) std::abort();
    if (!file && file.error().message().size() < 20) std::abort();
    if (file && (!plume::test::touch(*file, sum).empty() || !plume::test::touch(*read, sum).empty())) std::abort();
    return 0;
}
