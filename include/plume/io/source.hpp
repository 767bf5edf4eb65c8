#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <plume/core/result.hpp>

namespace plume::io {

/// Fills `into` with the bytes from `offset` on; false when they cannot be had. Called from the thread that loads.
using read_fn = std::function<bool(std::uint64_t offset, std::span<std::byte> into)>;

/// Bytes that can be read at any place: a mapped file, a file read piecewise, a caller's memory, a caller's callback.
/// Immutable and shared between threads once open.
class source {
public:
    /// map: the file's pages themselves, nothing copied; a file that another program shortens meanwhile then ends the process with
    /// SIGBUS (the one documented exception of SECURITY.md). Not map: every view is a private copy made by read().
    /// Errors: file_not_found, file_io (a folder, no permission, a read that failed, with the system's reason).
    static result<std::shared_ptr<const source>> open(const std::string& path, bool map);
    static std::shared_ptr<const source>         from_memory(std::span<const std::byte> bytes);  // must outlive the source
    static std::shared_ptr<const source>         from_reader(std::uint64_t size, read_fn read);

    virtual ~source();

    [[nodiscard]] virtual std::uint64_t      size() const noexcept = 0;
    [[nodiscard]] virtual const std::string& path() const noexcept = 0;  // as given; "memory" or "reader" where there is none

    /// The bytes [offset, offset + n), either in place or read into `scratch` (resized as needed); the view lives as long as both.
    /// format_truncated when they lie beyond the end, file_io when reading failed or came short.
    [[nodiscard]] virtual result<std::span<const std::byte>> view(std::uint64_t offset, std::size_t n, std::vector<std::byte>& scratch) const = 0;

    /// file_io when a mapped file has another size, or was written to, since it was opened. Costs one call of the system.
    [[nodiscard]] virtual result<void> unchanged() const { return {}; }
};

}  // namespace plume::io
