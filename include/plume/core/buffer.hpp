#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <plume/core/result.hpp>

namespace plume {

/// Memory of its own, zeroed, aligned to 64 bytes (2 MiB and asked for in huge pages where it is large). Move-only.
/// The big blocks of a model and a session come from here and from nowhere else, so that the plan can be exact.
class buffer {
public:
    buffer() noexcept = default;
    buffer(buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    buffer& operator=(buffer&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~buffer();

    /// out_of_memory with the size asked for, when the system refuses. 0 bytes is an empty buffer.
    static result<buffer> allocate(std::size_t bytes);

    [[nodiscard]] std::byte*           data() noexcept { return data_; }
    [[nodiscard]] const std::byte*     data() const noexcept { return data_; }
    [[nodiscard]] std::size_t          size() const noexcept { return size_; }
    [[nodiscard]] std::span<std::byte> bytes() noexcept { return {data_, size_}; }
    template <class T>
    [[nodiscard]] T* as() noexcept {
        return reinterpret_cast<T*>(data_);
    }
    template <class T>
    [[nodiscard]] const T* as() const noexcept {
        return reinterpret_cast<const T*>(data_);
    }

private:
    std::byte*  data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace plume
