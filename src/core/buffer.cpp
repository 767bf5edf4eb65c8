#include <plume/core/buffer.hpp>
#include <plume/core/checked.hpp>

#include <sys/mman.h>

namespace plume {
namespace {

constexpr std::size_t page_bytes = 4096, huge_page_bytes = std::size_t{2} << 20;

std::size_t mapped_bytes(std::size_t bytes) { return round_up(bytes, page_bytes); }

}  // namespace

result<buffer> buffer::allocate(std::size_t bytes) {
    buffer b;
    if (bytes == 0) return b;
    const auto refused = [&] {
        return error{code::out_of_memory, "the system refused " + std::to_string(bytes) + " bytes"}.hint(
            "close other programs, or choose a smaller model or context");
    };
    if (bytes > std::size_t(-1) / 2) return refused();
    // Huge pages need an address that is a multiple of their size: map more than asked, give the ends back.
    const bool        large = bytes >= huge_page_bytes;
    const std::size_t size = mapped_bytes(bytes), slack = large ? huge_page_bytes : 0;
    void*             base = mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return refused();
    auto* start = static_cast<std::byte*>(base);
    if (large) {
        const auto head = round_up(reinterpret_cast<std::size_t>(start), huge_page_bytes) - reinterpret_cast<std::size_t>(start);
        if (head != 0) munmap(start, head);
        start += head;
        if (slack != head) munmap(start + size, slack - head);
        madvise(start, size, MADV_HUGEPAGE);
    }
    b.data_ = start;
    b.size_ = bytes;
    return b;
}

buffer::~buffer() {
    if (data_ != nullptr) munmap(data_, mapped_bytes(size_));
}

}  // namespace plume
