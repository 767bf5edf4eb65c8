#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <plume/io/gguf.hpp>

namespace plume::io {

/// Writes the header of a GGUF file (v3): keys in the order in which they were set first, tensors in theirs, 32 bytes apart. One-at-a-time.
class gguf_header {
public:
    // Sets a key, or replaces what it had.
    void set_u32(std::string_view key, std::uint32_t value);
    void set_u64(std::string_view key, std::uint64_t value);
    void set_f32(std::string_view key, float value);
    void set_flag(std::string_view key, bool value);
    void set_text(std::string_view key, std::string_view value);
    void set_u32s(std::string_view key, std::span<const std::uint32_t> values);
    void set_i32s(std::string_view key, std::span<const std::int32_t> values);
    void set_f32s(std::string_view key, std::span<const float> values);
    void set_texts(std::string_view key, std::span<const std::string> values);
    void set_flags(std::string_view key, std::span<const bool> values);
    void copy(std::string_view key, const gguf_value& value);  // of another file
    void erase(std::string_view key);

    [[nodiscard]] bool has(std::string_view key) const noexcept;

    /// The next tensor: n_dims dimensions, the first the fastest; `type` is GGUF's number and the first dimension a whole number of its blocks.
    void add_tensor(std::string_view name, std::span<const std::uint64_t> dims, int type);

    struct built {
        std::vector<std::byte>     bytes;    // the header, padded up to the first tensor
        std::vector<std::uint64_t> offsets;  // of the tensors, from the start of the file
        std::uint64_t              size;     // of the whole file, padding after the last tensor included
    };
    [[nodiscard]] built build() const;

private:
    struct entry {
        std::string            key;
        std::uint32_t          type;
        std::vector<std::byte> value;
    };
    struct tensor {
        std::string                name;
        std::vector<std::uint64_t> dims;
        int                        type;
        std::uint64_t              bytes;
    };
    void set(std::string_view key, std::uint32_t type, std::vector<std::byte> value);

    std::vector<entry>  entries_;
    std::vector<tensor> tensors_;
};

}  // namespace plume::io
