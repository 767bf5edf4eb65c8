#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plume::io {

/// The name of a part of a split model: `<stem>-00002-of-00005.gguf`. It comes from the caller's path; nothing from inside a file ever becomes a path.
struct split_name {
    std::string   stem;       // with the folder
    std::uint32_t part  = 0;  // from 1 on
    std::uint32_t parts = 0;

    static std::optional<split_name> of(std::string_view path);
    [[nodiscard]] std::string        path_of(std::uint32_t which) const;  // from 1 on
};

/// "model-00001-of-00005.gguf" without its folder.
[[nodiscard]] std::string_view base_name(std::string_view path) noexcept;

}  // namespace plume::io
