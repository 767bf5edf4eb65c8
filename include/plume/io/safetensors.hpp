#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/io/source.hpp>

namespace plume::io {

/// What a file may ask for; beyond it is format_limit, with the name of the limit, before anything is allocated.
struct safetensors_limits {
    std::uint64_t max_header_bytes = 100'000'000;  // the format's own
    std::uint64_t max_tensors      = 1'048'576;
    std::uint64_t max_name_bytes   = 65'535;
    std::uint32_t max_files        = 1'000;
};

/// The element types of the format. Which of them hold weights is the caller's business.
enum class element_type : std::uint8_t { boolean, u8, i8, f8_e5m2, f8_e4m3, i16, u16, f16, bf16, i32, u32, f32, i64, u64, f64 };
[[nodiscard]] std::string_view name(element_type t) noexcept;  // as files write it, "BF16"
[[nodiscard]] std::size_t      bytes_of(element_type t) noexcept;

/// A tensor's place. The last dimension is the fastest: a matrix w[N,D] has the shape {N, D}.
struct stored_tensor {
    static constexpr std::size_t most_dims = 8;

    std::string                          name;
    element_type                         type{};
    std::uint32_t                        n_dims = 0;  // 0: one number
    std::array<std::uint64_t, most_dims> shape{};
    std::uint64_t                        n_elems = 0;
    std::uint64_t                        bytes   = 0;
    std::uint64_t                        offset  = 0;  // from the start of its file
    std::uint32_t                        file    = 0;  // which of the files
};

struct safetensors_options {
    bool               map = true;
    safetensors_limits limits{};
};

/// The tensors of a safetensors file, or of all files that an index (model.safetensors.index.json) names: headers parsed and checked whole, tensors not
/// touched. Strict, as the format asks: no name twice, no holes, no overlap, the last tensor ends where the file does, sizes are what type and shape say.
/// Source: the description of the safetensors format by its publishers. Immutable and shared; a copy shares the files.
class safetensors {
public:
    static result<safetensors> open(const std::string& path, safetensors_options options = {});
    /// The index names files by their base name alone; they lie in its folder.
    static result<safetensors> open_index(const std::string& path, safetensors_options options = {});
    static result<safetensors> from_memory(std::span<const std::byte> bytes, const safetensors_limits& limits = {});  // must outlive it

    [[nodiscard]] const std::string&             path() const noexcept;
    [[nodiscard]] std::uint64_t                  file_bytes() const noexcept;  // of all files
    [[nodiscard]] std::span<const stored_tensor> tensors() const noexcept;     // by file, in the order of their bytes
    [[nodiscard]] const stored_tensor*           find(std::string_view tensor) const noexcept;

    /// Bytes [begin, begin + n) of a tensor, in place or read into `scratch`.
    [[nodiscard]] result<std::span<const std::byte>> read(const stored_tensor& t, std::uint64_t begin, std::size_t n, std::vector<std::byte>& scratch) const;

    /// The path of the file that holds a tensor.
    [[nodiscard]] const std::string& path_of(const stored_tensor& t) const noexcept;

private:
    struct parts;
    std::shared_ptr<const parts> parts_;
};

}  // namespace plume::io
