#pragma once

#include <cstddef>

#include <plume/core/buffer.hpp>
#include <plume/core/result.hpp>
#include <plume/kv/layout.hpp>

namespace plume::kv {

/// The keys and values of one sequence. It knows places, not lengths: the session says how many positions count. One-at-a-time, move-only.
class cache {
public:
    static result<cache> make(const layout& l);

    [[nodiscard]] const kv::layout& layout() const noexcept { return layout_; }
    /// Of one head in one piece of positions.
    [[nodiscard]] std::byte* keys(std::size_t layer, std::size_t head, std::size_t piece) noexcept { return at(layout_.keys_at(layer, head), piece); }
    [[nodiscard]] std::byte* values(std::size_t layer, std::size_t head, std::size_t piece) noexcept { return at(layout_.values_at(layer, head), piece); }

    /// Takes over the first n positions of a cache of the same layout.
    void assign(const cache& from, std::size_t n) noexcept;

private:
    std::byte* at(std::size_t offset, std::size_t piece) noexcept { return memory_.data() + piece * layout_.piece_bytes() + offset; }

    kv::layout layout_;
    buffer     memory_;
};

}  // namespace plume::kv
