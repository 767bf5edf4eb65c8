#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

namespace plume::test {

/// A folder of one's own that is gone at the end.
class temporary_folder {
public:
    temporary_folder() {
        auto name = (std::filesystem::temp_directory_path() / "plume-test-XXXXXX").string();
        path_     = ::mkdtemp(name.data()) != nullptr ? name : std::string();
    }
    temporary_folder(const temporary_folder&)            = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string path(const std::string& file = "") const { return file.empty() ? path_ : path_ + '/' + file; }

    /// Writes a file and gives its path.
    std::string write(const std::string& file, std::span<const std::byte> bytes) const {
        std::ofstream(path(file), std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return path(file);
    }

private:
    std::string path_;
};

}  // namespace plume::test
