#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/io/source.hpp>

#include "interrupt.hpp"
#include "progress.hpp"

namespace plume::tool {

/// A file under construction, in the folder of the name it will have; gone unless kept, so that nothing half-written ever has that name.
class new_file {
public:
    explicit new_file(std::string path);
    ~new_file();
    new_file(const new_file&)            = delete;
    new_file& operator=(const new_file&) = delete;

    /// Makes the file and takes its space on the disk: file_io when `size` bytes are not free, or the folder cannot be written to.
    result<void> open(std::uint64_t size);
    result<void> write(std::uint64_t at, std::span<const std::byte> bytes) const;
    /// All bytes to the disk, then the name.
    result<void> keep();

private:
    [[nodiscard]] error fault(std::string_view what) const;
    std::string         path_, part_;
    int                 fd_ = -1;
};

/// A part of a file, and where it stands there.
struct file_piece {
    std::uint64_t              at;
    std::span<const std::byte> bytes;
};
/// Makes piece i, in `room` or where its bytes lie already. Called by several threads at once, each with a room of its own.
using piece_maker = std::function<result<file_piece>(std::size_t i, std::vector<std::byte>& room)>;

/// Writes a file of `size` bytes that consists of n pieces, made by `threads` of them. An existing file stays until the new one is whole.
/// Errors: file_io, cancelled, and what `make` says.
result<void> write_pieces(const std::string& path, std::uint64_t size, std::size_t n, const piece_maker& make, std::size_t threads, const interrupt& stop,
                          progress& bar);

/// Writes what a source shows to a file of that name, in the same way.
result<void> write_source(const io::source& from, const std::string& path, std::size_t threads, const interrupt& stop, progress& bar);

}  // namespace plume::tool
