#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/text/pair_index.hpp"

namespace plume::text {

/// One piece of a text that is being merged: a node of a list in an array.
struct symbol {
    std::uint32_t previous, next;  // no_symbol at the ends
    std::uint32_t rank;            // of merging it with the next one; no_rank where they do not merge
    std::uint32_t value;           // the algorithm's own: a token id, or where the piece begins
};
inline constexpr std::uint32_t no_symbol = 0xffffffff;

/// Memory that encode() uses again for every piece.
struct workspace {
    std::vector<symbol>        symbols;
    std::vector<std::uint64_t> queue;
    std::vector<std::uint32_t> values;
    std::string                text;
    std::size_t                n_left_out = 0;      // bytes of the text that no token stands for
    bool                       too_long   = false;  // a normaliser made the text longer than may be
};

/// Links `symbols`, whose values are set, and merges neighbours until none can be: always the pair of the lowest rank, of equals the leftmost.
/// Pairs: rank(symbols, left, right), and join(left, right, rank), which gives `left` the value of the whole.
/// n log n. A queue entry is rank·2^32 + place, so their order is the order of merging; an entry is stale, and dropped, where the symbol's own rank
/// has become another. An entry that is not stale is right whatever pair it was made for, as it says only "merge here, at this rank".
template <class Pairs>
void merge_all(workspace& work, Pairs&& pairs) {
    auto&      symbols = work.symbols;
    auto&      queue   = work.queue;
    const auto n       = static_cast<std::uint32_t>(symbols.size());
    for (std::uint32_t i = 0; i < n; ++i) {
        symbols[i].previous = i == 0 ? no_symbol : i - 1;
        symbols[i].next     = i + 1 == n ? no_symbol : i + 1;
        symbols[i].rank     = no_rank;
    }
    queue.clear();
    for (std::uint32_t i = 0; i + 1 < n; ++i) {
        symbols[i].rank = pairs.rank(symbols, i, i + 1);
        if (symbols[i].rank != no_rank) queue.push_back(std::uint64_t{symbols[i].rank} << 32 | i);
    }
    const std::greater<> lowest_first;
    std::make_heap(queue.begin(), queue.end(), lowest_first);
    const auto rank_again = [&](std::uint32_t left) {
        const auto right   = symbols[left].next;
        symbols[left].rank = right == no_symbol ? no_rank : pairs.rank(symbols, left, right);
        if (symbols[left].rank == no_rank) return;
        queue.push_back(std::uint64_t{symbols[left].rank} << 32 | left);
        std::push_heap(queue.begin(), queue.end(), lowest_first);
    };
    while (!queue.empty()) {
        std::pop_heap(queue.begin(), queue.end(), lowest_first);
        const auto place = static_cast<std::uint32_t>(queue.back());
        const auto rank  = static_cast<std::uint32_t>(queue.back() >> 32);
        queue.pop_back();
        auto& left = symbols[place];
        if (left.rank != rank) continue;
        auto& right = symbols[left.next];
        pairs.join(left, right, rank);
        right.rank = no_rank;
        left.next  = right.next;
        if (left.next != no_symbol) symbols[left.next].previous = place;
        rank_again(place);
        if (left.previous != no_symbol) rank_again(left.previous);
    }
}

}  // namespace plume::text
