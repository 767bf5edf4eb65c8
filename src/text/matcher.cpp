#include "src/text/matcher.hpp"

#include <algorithm>

namespace plume::text {
namespace {

unsigned char from_end(std::string_view text, std::size_t i) noexcept { return static_cast<unsigned char>(text[text.size() - 1 - i]); }

bool reversed_less(const matcher::pattern& a, const matcher::pattern& b) noexcept {
    const auto shorter = std::min(a.text.size(), b.text.size());
    for (std::size_t i = 0; i < shorter; ++i)
        if (from_end(a.text, i) != from_end(b.text, i)) return from_end(a.text, i) < from_end(b.text, i);
    return a.text.size() != b.text.size() ? a.text.size() < b.text.size() : a.id < b.id;
}

}  // namespace

matcher::matcher(std::span<const pattern> patterns) {
    std::vector<pattern> sorted(patterns.begin(), patterns.end());
    std::sort(sorted.begin(), sorted.end(), reversed_less);
    struct range {
        std::size_t begin, end, depth;  // the patterns that go through a node
    };
    std::vector<range> ranges{{0, sorted.size(), 0}};
    nodes_.emplace_back();
    for (std::uint32_t parent = 0; parent < nodes_.size(); ++parent) {
        auto [i, end, depth]       = ranges[parent];
        nodes_[parent].first_child = static_cast<std::uint32_t>(nodes_.size());
        nodes_[parent].longest     = nodes_[nodes_[parent].fail].longest;
        if (i < end && sorted[i].text.size() == depth && depth > 0) nodes_[parent].longest = sorted[i].id;
        while (i < end && sorted[i].text.size() == depth) ++i;
        while (i < end) {
            const auto  byte  = from_end(sorted[i].text, depth);
            std::size_t after = i + 1;
            while (after < end && from_end(sorted[after].text, depth) == byte) ++after;
            node next;
            next.byte = byte;
            // The suffix of a child is its parent's suffix and the byte; shallower, so that it stands complete already.
            next.fail = parent == 0 ? 0 : advance(nodes_[parent].fail, byte);
            nodes_.push_back(next);
            ++nodes_[parent].n_children;
            ranges.push_back({i, after, depth + 1});
            i = after;
        }
    }
    nodes_.shrink_to_fit();
}

void matcher::add_longest(std::string_view text, std::size_t offset, std::vector<match>& all) const {
    if (empty()) return;
    std::uint32_t state = 0;
    for (std::size_t i = text.size(); i-- > 0;) {
        state = advance(state, static_cast<unsigned char>(text[i]));
        if (nodes_[state].longest >= 0) all.push_back({offset + i, nodes_[state].longest});
    }
}

std::uint32_t matcher::child(std::uint32_t parent, unsigned char byte) const noexcept {
    const auto* first = nodes_.data() + nodes_[parent].first_child;
    const auto* last  = first + nodes_[parent].n_children;
    const auto* found = std::lower_bound(first, last, byte, [](const node& n, unsigned char b) { return n.byte < b; });
    return found != last && found->byte == byte ? static_cast<std::uint32_t>(found - nodes_.data()) : none;
}

std::uint32_t matcher::advance(std::uint32_t state, unsigned char byte) const noexcept {
    for (;;) {
        if (const auto next = child(state, byte); next != none) return next;
        if (state == 0) return 0;
        state = nodes_[state].fail;
    }
}

}  // namespace plume::text
