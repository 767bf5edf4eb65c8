#include <plume/kv/cache.hpp>

#include <algorithm>
#include <cstring>

namespace plume::kv {

result<cache> cache::make(const kv::layout& l) {
    auto memory = buffer::allocate(l.bytes());
    if (!memory) return std::move(memory).error();
    cache c;
    c.layout_ = l;
    c.memory_ = std::move(*memory);
    return c;
}

void cache::assign(const cache& from, std::size_t n) noexcept {
    for (std::size_t piece = 0; piece * piece_positions < n; ++piece) {
        const std::size_t used = layout_.used_bytes(std::min(n - piece * piece_positions, piece_positions));
        for (std::size_t head = 0; head < layout_.layers * layout_.heads * 2; ++head) {
            const std::size_t at = piece * layout_.piece_bytes() + head * layout_.head_bytes();
            std::memcpy(memory_.data() + at, from.memory_.data() + at, used);
        }
    }
}

}  // namespace plume::kv
