#pragma once

#include <functional>
#include <string>
#include <vector>

#include <plume/io/source.hpp>

namespace plume::io {

/// Makes the bytes [begin, begin + into.size()) of a part. Called from several threads at once.
using make_fn = std::function<result<void>(std::uint64_t begin, std::span<std::byte> into)>;

/// A file that exists nowhere: a head in memory, parts that are made when they are read, zeros between them. This is how another kind of model file is shown
/// to the loader, and written by the tools, as a GGUF file: nothing is held but what is asked for. Immutable and shared between threads.
class composed_source final : public source {
public:
    struct part {
        std::uint64_t offset, bytes;
        make_fn       make;
    };

    /// Parts in the order of their offsets, behind the head, without overlap, inside `size`.
    composed_source(std::string path, std::vector<std::byte> head, std::vector<part> parts, std::uint64_t size)
        : path_(std::move(path)), head_(std::move(head)), parts_(std::move(parts)), size_(size) {}

    [[nodiscard]] std::uint64_t      size() const noexcept override { return size_; }
    [[nodiscard]] const std::string& path() const noexcept override { return path_; }

    [[nodiscard]] result<std::span<const std::byte>> view(std::uint64_t offset, std::size_t n, std::vector<std::byte>& scratch) const override;

private:
    std::string            path_;
    std::vector<std::byte> head_;
    std::vector<part>      parts_;
    std::uint64_t          size_;
};

}  // namespace plume::io
