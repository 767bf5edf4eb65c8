#include <plume/kv/cache.hpp>

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

result<cache> cache::copy(std::size_t n) const {
    auto other = make(layout_);
    if (!other) return other;
    const std::size_t used = layout_.used_bytes(n);
    for (std::size_t head = 0; head < layout_.layers * layout_.heads * 2 && used != 0; ++head) {
        const std::size_t at = head * layout_.head_bytes();
        std::memcpy(other->memory_.data() + at, memory_.data() + at, used);
    }
    return other;
}

}  // namespace plume::kv
