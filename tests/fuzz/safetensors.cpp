#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include <plume/io/safetensors.hpp>

// Opens the input as a safetensors file and reads the ends of every tensor.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto file = plume::io::safetensors::from_memory({reinterpret_cast<const std::byte*>(data), size});
    if (!file) {
        if (file.error().message().size() < 20 || file.error().hint().empty()) std::abort();
        return 0;
    }
    std::vector<std::byte> scratch;
    std::uint64_t          end = 0;
    for (const auto& t : file->tensors()) {
        if (file->find(t.name) != &t || t.bytes != t.n_elems * bytes_of(t.type)) std::abort();
        if (t.bytes > 0 && (!file->read(t, 0, 1, scratch) || !file->read(t, t.bytes - 1, 1, scratch))) std::abort();
        if (file->read(t, t.bytes, 1, scratch)) std::abort();
        if (t.offset < end) std::abort();
        end = t.offset + t.bytes;
    }
    if (!file->tensors().empty() && end != size) std::abort();
    return 0;
}
