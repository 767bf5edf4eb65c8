#include "marked.hpp"

#include <algorithm>

namespace plume::jinja {

bool marked::from_template(std::size_t byte) const noexcept {
    if (flips_.empty()) return first_;
    const auto before = std::upper_bound(flips_.begin(), flips_.end(), byte) - flips_.begin();
    return first_ != (before % 2 == 1);
}

void marked::append(std::string_view bytes, bool from_template) {
    if (bytes.empty()) return;
    if (bytes_.empty()) {
        first_ = from_template;
    } else if (last_mark() != from_template) {
        flips_.push_back(bytes_.size());
    }
    bytes_.append(bytes);
}

void marked::append(const marked& other, std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    auto flip = std::upper_bound(other.flips_.begin(), other.flips_.end(), begin);
    bool mark = other.first_ != ((flip - other.flips_.begin()) % 2 == 1);
    while (begin < end) {
        const auto stop = flip == other.flips_.end() ? end : std::min(end, *flip);
        append(std::string_view(other.bytes_).substr(begin, stop - begin), mark);
        begin = stop;
        mark  = !mark;
        if (flip != other.flips_.end()) ++flip;
    }
}

marked marked::slice(std::size_t begin, std::size_t end) const {
    marked out;
    out.append(*this, begin, end);
    return out;
}

}  // namespace plume::jinja
