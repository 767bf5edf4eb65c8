#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>

namespace plume::text {

/// Finds a fixed set of texts in a text: leftmost first, of those that begin at one place the longest; matches do not overlap.
/// Aho-Corasick over the reversed texts, run from the end to the start: at every place its state knows the longest text that begins there, so that one
/// pass decides. (Forwards, the longest match is known only after reading on, and reading again makes it quadratic.)
class matcher {
public:
    struct pattern {
        std::string_view text;  // not empty
        token_id         id;    // of equal texts the lowest counts
    };
    struct match {
        std::size_t begin;
        token_id    id;
    };

    matcher() = default;
    explicit matcher(std::span<const pattern> patterns);

    [[nodiscard]] bool        empty() const noexcept { return nodes_.size() <= 1; }
    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return nodes_.capacity() * sizeof(node); }
    /// Linear in the text. Matches in order.
    template <class SizeOf>
    [[nodiscard]] std::vector<match> find(std::string_view text, const SizeOf& size_of) const {
        std::vector<match> all;
        add_longest(text, 0, all);
        return leftmost(std::move(all), size_of);
    }

    /// Adds the longest match that begins at each place of `text`, overlapping ones too, from right to left; `offset` is added to the places.
    void add_longest(std::string_view text, std::size_t offset, std::vector<match>& all) const;

    /// Of matches from right to left, at most one for a place, those that count; in order.
    template <class SizeOf>
    [[nodiscard]] static std::vector<match> leftmost(std::vector<match> all, const SizeOf& size_of) {
        std::size_t kept = all.size(), end = 0;  // the kept ones gather at the back, then move to the front
        for (std::size_t i = all.size(); i-- > 0;) {
            if (all[i].begin < end) continue;
            end         = all[i].begin + size_of(all[i].id);
            all[--kept] = all[i];
        }
        all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept));
        return {all.rbegin(), all.rend()};
    }

private:
    static constexpr std::uint32_t none = 0xffffffff;
    struct node {
        std::uint32_t first_child = 0;
        std::uint32_t fail        = 0;   // the longest proper suffix that is a node
        token_id      longest     = -1;  // the longest text that ends here
        std::uint16_t n_children  = 0;   // side by side, sorted by byte
        unsigned char byte        = 0;
    };

    [[nodiscard]] std::uint32_t child(std::uint32_t parent, unsigned char byte) const noexcept;
    [[nodiscard]] std::uint32_t advance(std::uint32_t state, unsigned char byte) const noexcept;

    std::vector<node> nodes_;  // breadth first; 0 is the root
};

}  // namespace plume::text
