#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>

#include "src/text/text_index.hpp"

namespace plume::text {

/// Pieces by their beginnings: a trie over bytes whose edges lie in one hash table. A step is one look-up, whatever the pieces are.
class piece_trie {
public:
    static constexpr std::uint32_t root = 0, none = 0xffffffff;
    static constexpr std::size_t   max_nodes = std::size_t{1} << 24;
    static constexpr std::size_t   attempts  = sizeof(hash_seeds) / sizeof(hash_seeds[0]);

    struct piece {
        std::string_view text;
        token_id         id;
    };
    enum class fault { none, too_many_nodes, collisions };
    /// Replaces what was there. Empty texts are left out; of equal ones the last counts.
    [[nodiscard]] fault build(const std::vector<piece>& pieces);

    [[nodiscard]] std::uint32_t step(std::uint32_t node, char byte) const noexcept {
        const auto b = static_cast<unsigned char>(byte);
        if (node == root) return first_[b];
        const auto key   = key_of(node, b);
        const auto begin = hash(key);
        for (std::size_t probe = 0; probe < longest_probe; ++probe) {
            const auto entry = edges_[(begin + probe) & (edges_.size() - 1)];
            if (entry >> 24 == key) return static_cast<std::uint32_t>(entry & 0xffffff);
            if (entry == empty_edge) return none;
        }
        return none;
    }
    /// The piece that ends at a node, or -1.
    [[nodiscard]] token_id value(std::uint32_t node) const noexcept { return values_[node]; }

    /// The longest piece that `text` begins with: its id, or -1, and its size.
    struct found {
        token_id    id   = -1;
        std::size_t size = 0;
    };
    [[nodiscard]] found longest(std::string_view text) const noexcept {
        found best;
        auto  node = root;
        for (std::size_t i = 0; i < text.size();) {
            node = step(node, text[i]);
            if (node == none) break;
            ++i;
            if (value(node) >= 0) best = {value(node), i};
        }
        return best;
    }

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return edges_.capacity() * sizeof(edges_[0]) + values_.capacity() * sizeof(values_[0]); }

private:
    static constexpr std::uint64_t empty_edge = ~std::uint64_t{0};

    // An edge is (parent, byte, child) in 32, 8 and 24 bits.
    static std::uint64_t        key_of(std::uint32_t node, unsigned char byte) noexcept { return std::uint64_t{node} << 8 | byte; }
    [[nodiscard]] std::uint64_t hash(std::uint64_t key) const noexcept { return fold_multiply(key ^ seed_, 0x9e3779b97f4a7c15); }
    [[nodiscard]] fault         insert(const piece& p);
    [[nodiscard]] bool          place(std::uint64_t entry) noexcept;
    [[nodiscard]] bool          grow();

    std::vector<std::uint64_t> edges_ = std::vector<std::uint64_t>(16, empty_edge);  // a power of two, at most three quarters full; the root's are not in it
    std::vector<token_id>      values_{-1};
    std::array<std::uint32_t, 256> first_   = all_none();
    std::size_t                    n_edges_ = 0;
    std::uint64_t                  seed_    = hash_seeds[0];

    static constexpr std::array<std::uint32_t, 256> all_none() noexcept {
        std::array<std::uint32_t, 256> a{};
        for (auto& x : a) x = none;
        return a;
    }
};

}  // namespace plume::text
