#include "support/counting_new.hpp"

#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

void* counted_or_null(std::size_t bytes, std::size_t alignment) noexcept {
    void* p = alignment <= alignof(std::max_align_t) ? std::malloc(bytes) : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (p == nullptr) return nullptr;
    ++plume::test::new_calls;
    plume::test::live_bytes += malloc_usable_size(p);
    return p;
}

void* counted(std::size_t bytes, std::size_t alignment) {
    if (void* p = counted_or_null(bytes, alignment)) return p;
    throw std::bad_alloc{};
}

void give_back(void* p) noexcept {
    if (p == nullptr) return;
    plume::test::live_bytes -= malloc_usable_size(p);
    std::free(p);
}

}  // namespace

void* operator new(std::size_t n) { return counted(n, 1); }
void* operator new[](std::size_t n) { return counted(n, 1); }
void* operator new(std::size_t n, std::align_val_t a) { return counted(n, static_cast<std::size_t>(a)); }
void* operator new[](std::size_t n, std::align_val_t a) { return counted(n, static_cast<std::size_t>(a)); }
void* operator new(std::size_t n, const std::nothrow_t&) noexcept { return counted_or_null(n, 1); }
void* operator new[](std::size_t n, const std::nothrow_t&) noexcept { return counted_or_null(n, 1); }
void  operator delete(void* p) noexcept { give_back(p); }
void  operator delete[](void* p) noexcept { give_back(p); }
void  operator delete(void* p, std::size_t) noexcept { give_back(p); }
void  operator delete[](void* p, std::size_t) noexcept { give_back(p); }
void  operator delete(void* p, std::align_val_t) noexcept { give_back(p); }
void  operator delete[](void* p, std::align_val_t) noexcept { give_back(p); }
void  operator delete(void* p, std::size_t, std::align_val_t) noexcept { give_back(p); }
void  operator delete[](void* p, std::size_t, std::align_val_t) noexcept { give_back(p); }
