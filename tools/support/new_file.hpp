#pragma once

#include <cstdint>
#include <span>
#include <string>

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

/// Writes what a source shows to a file of that name, with `threads` of them reading it. An existing file stays until the new one is whole.
result<void> write_source(const io::source& from, const std::string& path, std::size_t threads, const interrupt& stop, progress& bar);

}  // namespace plume::tool
