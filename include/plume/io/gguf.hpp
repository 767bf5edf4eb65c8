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

/// What a file may ask for. A file beyond a limit is refused (format_limit, with the name of the limit) before anything is allocated.
struct gguf_limits {
    std::uint64_t max_metadata_entries = 65'536;
    std::uint64_t max_tensors          = 1'048'576;
    std::uint64_t max_name_bytes       = 65'535;                   // keys and tensor names
    std::uint64_t max_string_bytes     = std::uint64_t{16} << 20;  // one value
    std::uint64_t max_array_elements   = std::uint64_t{64} << 20;
    std::uint64_t max_header_bytes     = std::uint64_t{1} << 30;
    std::uint32_t max_split_files      = 1'000;
};

enum class value_type : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };
[[nodiscard]] std::string_view name(value_type t) noexcept;

/// One metadata value, read in place from the header that gguf keeps. Elements of arrays are reached by index, checked when the file was opened.
class gguf_value {
public:
    [[nodiscard]] value_type  type() const noexcept { return type_; }  // array: see element_type()
    [[nodiscard]] value_type  element_type() const noexcept { return element_type_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }  // elements of an array, else 1

    // Empty when the (element) type does not fit, or the index is out of range. Integers of every width convert when the value fits.
    [[nodiscard]] std::optional<std::int64_t>     integer(std::size_t i = 0) const noexcept;
    [[nodiscard]] std::optional<std::uint64_t>    count(std::size_t i = 0) const noexcept;  // a non-negative integer
    [[nodiscard]] std::optional<double>           real(std::size_t i = 0) const noexcept;   // f32, f64; integers do not convert
    [[nodiscard]] std::optional<bool>             flag(std::size_t i = 0) const noexcept;
    [[nodiscard]] std::optional<std::string_view> text(std::size_t i = 0) const noexcept;  // raw bytes: may be invalid UTF-8

private:
    friend class gguf;
    value_type                 type_{}, element_type_{};
    std::size_t                size_  = 0;
    const std::byte*           bytes_ = nullptr;  // first element, or for strings the bytes that offsets_ counts from
    std::vector<std::uint64_t> offsets_;          // strings: where each begins; one more than there are strings
};

struct gguf_entry {
    std::string key;
    gguf_value  value;
};

/// A tensor's place. The first dimension is the fastest: for a matrix w[N,D] dims are {D, N, 1, 1}.
struct tensor_info {
    std::string                  name;
    int                          type   = 0;  // GGUF's number; quant::find_type names it
    std::uint32_t                n_dims = 0;
    std::array<std::uint64_t, 4> dims{1, 1, 1, 1};
    std::uint64_t                n_elems = 0;
    std::uint64_t                bytes   = 0;  // without padding
    std::uint64_t                offset  = 0;  // from the start of its file
    std::uint32_t                file    = 0;  // which part of a split model
};

struct gguf_options {
    bool        map = true;
    gguf_limits limits{};
};

/// A GGUF file (v2 or v3, little-endian), or all parts of a split one: header parsed and checked whole, tensors not touched.
/// Source: the GGUF specification. Everything in here is checked: every tensor lies inside its file, overlaps no other, has a type of known size
/// and dimensions whose product does not wrap. Immutable and shared; a copy shares the file.
class gguf {
public:
    /// Errors name the common mistakes: an HTML page, a git-LFS pointer, safetensors, pickle, a folder, a later part of a split model, a download cut short.
    static result<gguf> open(const std::string& path, gguf_options options = {});
    static result<gguf> from_memory(std::span<const std::byte> bytes, const gguf_limits& limits = {});  // the memory must outlive the gguf
    static result<gguf> from_reader(std::uint64_t size, read_fn read, const gguf_limits& limits = {});
    static result<gguf> from_source(std::shared_ptr<const source> file, const gguf_limits& limits = {});

    [[nodiscard]] const std::string& path() const noexcept;
    [[nodiscard]] std::uint32_t      version() const noexcept;
    [[nodiscard]] std::uint64_t      file_bytes() const noexcept;    // all parts
    [[nodiscard]] std::uint64_t      tensor_bytes() const noexcept;  // sum over tensors

    [[nodiscard]] std::span<const gguf_entry>  metadata() const noexcept;
    [[nodiscard]] const gguf_value*            find(std::string_view key) const noexcept;
    [[nodiscard]] std::span<const tensor_info> tensors() const noexcept;
    [[nodiscard]] const tensor_info*           find_tensor(std::string_view name) const noexcept;

    // Typed access. A missing key: format_invalid naming it (or the default); a wrong type: format_invalid with both types.
    [[nodiscard]] result<std::uint64_t>    count(std::string_view key) const;
    [[nodiscard]] result<std::uint64_t>    count_or(std::string_view key, std::uint64_t otherwise) const;
    [[nodiscard]] result<double>           real(std::string_view key) const;
    [[nodiscard]] result<double>           real_or(std::string_view key, double otherwise) const;
    [[nodiscard]] result<bool>             flag_or(std::string_view key, bool otherwise) const;
    [[nodiscard]] result<std::string_view> text(std::string_view key) const;
    [[nodiscard]] result<std::string_view> text_or(std::string_view key, std::string_view otherwise) const;
    /// An array whose elements are of type `elements` (integers: of any width, when `elements` is u64 or i64).
    [[nodiscard]] result<const gguf_value*> array(std::string_view key, value_type elements) const;

    /// Bytes [begin, begin + n) of a tensor of this file, in place or read into `scratch`.
    [[nodiscard]] result<std::span<const std::byte>> read(const tensor_info& t, std::uint64_t begin, std::size_t n, std::vector<std::byte>& scratch) const;

    /// The file that holds a tensor of this model: what read() gives in place lives as long as it.
    [[nodiscard]] std::shared_ptr<const source> source_of(const tensor_info& t) const noexcept;

    /// An error about this file: starts with its path.
    [[nodiscard]] error fault(code c, std::string_view what) const;

private:
    struct parts;
    std::shared_ptr<const parts> parts_;
};

}  // namespace plume::io
