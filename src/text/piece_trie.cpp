#include "src/text/piece_trie.hpp"

namespace plume::text {

piece_trie::fault piece_trie::build(const std::vector<piece>& pieces) {
    auto result = fault::collisions;
    for (std::size_t attempt = 0; attempt < attempts && result == fault::collisions; ++attempt) {
        edges_.assign(16, empty_edge);
        values_.assign(1, -1);
        first_   = all_none();
        n_edges_ = 0;
        seed_    = hash_seeds[attempt];
        result   = fault::none;
        for (const auto& p : pieces)
            if (!p.text.empty() && (result = insert(p)) != fault::none) break;
    }
    values_.shrink_to_fit();
    return result;
}

piece_trie::fault piece_trie::insert(const piece& p) {
    auto node = root;
    for (const char c : p.text) {
        const auto next = step(node, c);
        if (next != none) {
            node = next;
            continue;
        }
        const auto child = static_cast<std::uint32_t>(values_.size());
        if (child >= max_nodes) return fault::too_many_nodes;
        values_.push_back(-1);
        const auto byte = static_cast<unsigned char>(c);
        if (node == root) {
            first_[byte] = child;
        } else {
            if (4 * (n_edges_ + 1) > 3 * edges_.size() && !grow()) return fault::collisions;
            if (!place(key_of(node, byte) << 24 | child)) return fault::collisions;
            ++n_edges_;
        }
        node = child;
    }
    values_[node] = p.id;
    return fault::none;
}

/// False: too many edges share a place, so the file was made to; another hash function may do.
bool piece_trie::place(std::uint64_t entry) noexcept {
    const auto begin = hash(entry >> 24);
    for (std::size_t probe = 0; probe < longest_probe; ++probe) {
        auto& slot = edges_[(begin + probe) & (edges_.size() - 1)];
        if (slot != empty_edge) continue;
        slot = entry;
        return true;
    }
    return false;
}

bool piece_trie::grow() {
    std::vector<std::uint64_t> old(edges_.size() * 2, empty_edge);
    old.swap(edges_);
    for (const auto entry : old)
        if (entry != empty_edge && !place(entry)) return false;
    return true;
}

}  // namespace plume::text
