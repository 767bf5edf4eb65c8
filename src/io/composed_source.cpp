#include "src/io/composed_source.hpp"

#include <algorithm>

#include "src/guard.hpp"

namespace plume::io {

result<std::span<const std::byte>> composed_source::view(std::uint64_t offset, std::size_t n, std::vector<std::byte>& scratch) const {
    if (offset > size_ || n > size_ - offset)
        return error{code::format_truncated, "ends before the bytes that are wanted"}.in(path_).at(offset).expected_found(
            std::to_string(n) + " bytes", std::to_string(offset > size_ ? 0 : size_ - offset));
    if (offset + n <= head_.size()) return std::span<const std::byte>(head_).subspan(static_cast<std::size_t>(offset), n);
    return guarded([&]() -> result<std::span<const std::byte>> {
        if (scratch.size() < n) scratch.resize(n);
        const auto into = std::span(scratch).first(n);
        const auto end  = offset + n;
        std::fill(into.begin(), into.end(), std::byte{0});
        if (offset < head_.size()) std::copy(head_.begin() + static_cast<std::ptrdiff_t>(offset), head_.end(), into.begin());
        auto p = std::partition_point(parts_.begin(), parts_.end(), [&](const part& one) { return one.offset + one.bytes <= offset; });
        for (; p != parts_.end() && p->offset < end; ++p) {
            const auto from = std::max(offset, p->offset), to = std::min(end, p->offset + p->bytes);
            if (from == to) continue;
            auto made = p->make(from - p->offset, into.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from)));
            if (!made) return std::move(made).error();
        }
        return std::span<const std::byte>(into);
    });
}

}  // namespace plume::io
