#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <plume/core/checked.hpp>
#include <plume/core/result.hpp>
#include <plume/io/source.hpp>

// The one door through which the bytes of a header come in. Nothing is read past the end of the file, and nothing is allocated that was not
// taken from the budget first.

namespace plume::io {

/// What describing a file may cost in memory: as many bytes as the files have, and 48 MiB. With what the reading itself holds for a moment
/// (a piece of the header, 4 MiB at most) a bad file is refused within its size + 64 MiB.
class memory_budget {
public:
    static constexpr std::uint64_t basis = std::uint64_t{48} << 20;

    void               add_file(std::uint64_t bytes) noexcept { left_ = checked_add(left_, bytes).value_or(~std::uint64_t{0}); }
    [[nodiscard]] bool take(std::uint64_t n, std::uint64_t each = 1) noexcept {
        const auto bytes = checked_mul(n, each);
        if (!bytes || *bytes > left_) return false;
        left_ -= *bytes;
        return true;
    }

private:
    std::uint64_t left_ = basis;
};

/// Bytes that grow where they are: the C library moves pages, where a vector would hold the old and the new copy for a moment.
class growing_bytes {
public:
    growing_bytes() noexcept = default;
    growing_bytes(growing_bytes&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    growing_bytes& operator=(growing_bytes&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~growing_bytes();

    [[nodiscard]] bool             append(std::span<const std::byte> more) noexcept;  // false when memory runs out
    void                           shorten(std::size_t n) noexcept;                   // to n bytes, at most size()
    [[nodiscard]] const std::byte* data() const noexcept { return data_; }
    [[nodiscard]] std::size_t      size() const noexcept { return size_; }

private:
    std::byte*  data_ = nullptr;
    std::size_t size_ = 0;
};

/// A place in the header.
struct slice {
    std::uint64_t begin = 0;
    std::uint64_t size  = 0;
};

/// Reads a header from front to back and keeps it. Every read says whether it worked; why not is then in failure(), and every later read fails too.
class reader {
public:
    reader(const source& file, memory_budget& budget, std::uint64_t longest_header) : file_(file), budget_(budget), longest_(longest_header) {}

    template <class T>
    requires std::is_arithmetic_v<T>
    [[nodiscard]] bool number(T& out) {
        if (!need(sizeof out)) return false;
        std::memcpy(&out, header_.data() + position_, sizeof out);
        position_ += sizeof out;
        return true;
    }

    /// A length in 8 bytes and that many bytes. More than `longest` is refused under the name of the limit.
    [[nodiscard]] bool text(slice& out, std::uint64_t longest, std::string_view limit);

    /// The next `n` bytes, unread.
    [[nodiscard]] bool skip(std::uint64_t n, slice& out);

    /// Refuses a count whose smallest encoding is more than what is left, and one beyond a limit.
    [[nodiscard]] bool plausible(std::uint64_t count, std::uint64_t smallest, std::uint64_t most, std::string_view limit, std::string_view of_what);

    /// Takes `n` times `each` bytes of the budget.
    [[nodiscard]] bool afford(std::uint64_t n, std::uint64_t each);

    bool fail(error why);  // always false; keeps the first reason

    [[nodiscard]] std::uint64_t    position() const noexcept { return position_; }
    [[nodiscard]] std::uint64_t    left() const noexcept { return file_.size() - position_; }
    [[nodiscard]] const source&    file() const noexcept { return file_; }
    [[nodiscard]] error            failure() const { return failure_.value_or(error{code::internal, "failed without a reason"}); }
    [[nodiscard]] std::string_view view(slice s) const noexcept {
        return {reinterpret_cast<const char*>(header_.data()) + s.begin, static_cast<std::size_t>(s.size)};
    }
    [[nodiscard]] growing_bytes take_header() noexcept {  // what was read so far, and no more of what lies behind it
        header_.shorten(static_cast<std::size_t>(position_));
        return std::move(header_);
    }

private:
    [[nodiscard]] bool need(std::uint64_t n);  // so many bytes from here on are in header_

    const source&          file_;
    memory_budget&         budget_;
    std::uint64_t          longest_;
    std::uint64_t          position_ = 0;
    growing_bytes          header_;
    std::vector<std::byte> scratch_;
    std::optional<error>   failure_;
};

}  // namespace plume::io
