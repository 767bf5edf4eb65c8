#include "src/io/reader.hpp"

#include <algorithm>
#include <cstdlib>

namespace plume::io {
namespace {

constexpr std::uint64_t smallest_piece = std::uint64_t{64} << 10, largest_piece = std::uint64_t{4} << 20;

}  // namespace

growing_bytes::~growing_bytes() { std::free(data_); }

bool growing_bytes::append(std::span<const std::byte> more) noexcept {
    if (more.empty()) return true;
    auto* const grown = static_cast<std::byte*>(std::realloc(data_, size_ + more.size()));
    if (grown == nullptr) return false;
    data_ = grown;
    std::memcpy(data_ + size_, more.data(), more.size());
    size_ += more.size();
    return true;
}

void growing_bytes::shorten(std::size_t n) noexcept {
    if (n >= size_ || n == 0) return;
    if (auto* const shorter = static_cast<std::byte*>(std::realloc(data_, n))) data_ = shorter;
    size_ = n;
}

bool reader::fail(error why) {
    if (!failure_) failure_ = std::move(why).in(file_.path());
    return false;
}

bool reader::need(std::uint64_t n) {
    if (failure_) return false;
    if (n > left())
        return fail(error{code::format_truncated, "ends inside its header"}
                        .at(position_)
                        .expected_found(std::to_string(n) + " more bytes", std::to_string(left()))
                        .hint("the file is cut short or damaged: compare its size with the publisher's and fetch it again"));
    const auto end = position_ + n;  // at most the file's size
    if (end > longest_)
        return fail(error{code::format_limit, "has a header beyond the limit max_header_bytes"}.at(position_).expected_found(
            "at most " + std::to_string(longest_) + " bytes", std::to_string(end) + " or more"));
    while (header_.size() < end) {
        const auto piece = std::min({std::clamp<std::uint64_t>(header_.size(), smallest_piece, largest_piece), file_.size() - header_.size()});
        if (!afford(piece, 1)) return false;
        const auto bytes = file_.view(header_.size(), static_cast<std::size_t>(piece), scratch_);
        if (!bytes) return fail(bytes.error());
        if (!header_.append(*bytes)) return fail(error{code::out_of_memory, "has a header that needs more memory than is available"}.at(position_));
    }
    return true;
}

bool reader::skip(std::uint64_t n, slice& out) {
    if (!need(n)) return false;
    out = {position_, n};
    position_ += n;
    return true;
}

bool reader::text(slice& out, std::uint64_t longest, std::string_view limit) {
    std::uint64_t size = 0;
    if (!number(size)) return false;
    if (size > longest) {
        auto why = error{code::format_limit, "has a text beyond the limit " + std::string(limit)}.at(position_ - sizeof size);
        return fail(std::move(why).expected_found("at most " + std::to_string(longest) + " bytes", std::to_string(size)));
    }
    return skip(size, out);
}

bool reader::plausible(std::uint64_t count, std::uint64_t smallest, std::uint64_t most, std::string_view limit, std::string_view of_what) {
    if (failure_) return false;
    if (count > most)
        return fail(error{code::format_limit, "says it has more " + std::string(of_what) + " than the limit " + std::string(limit)}
                        .at(position_)
                        .expected_found("at most " + std::to_string(most), std::to_string(count))
                        .hint("the file is damaged, or made to do harm"));
    const auto bytes = checked_mul(count, smallest);
    if (bytes && *bytes <= left()) return true;
    return fail(error{code::format_truncated, "says it has more " + std::string(of_what) + " than it has bytes for"}
                    .at(position_)
                    .expected_found("at most " + std::to_string(left() / smallest), std::to_string(count))
                    .hint("the file is cut short or damaged: compare its size with the publisher's and fetch it again"));
}

bool reader::afford(std::uint64_t n, std::uint64_t each) {
    if (failure_) return false;
    if (budget_.take(n, each)) return true;
    return fail(
        error{code::format_limit, "needs more memory to describe than its size justifies"}.at(position_).hint("the file is damaged, or made to do harm"));
}

}  // namespace plume::io
