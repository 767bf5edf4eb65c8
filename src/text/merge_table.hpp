#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "src/text/describe.hpp"
#include "src/text/pair_index.hpp"

namespace plume::text {

/// The merges of byte-pair encoding: for two tokens side by side the rank of their merge, the lowest first, and for a rank the token that it makes.
class merge_table {
public:
    /// From the list of `d`, by the names of `words`, whose index stands: on all threads, as a large list takes tens of milliseconds.
    /// Merges with tokens that text must not become are left out, with a notice. Errors: format_invalid with the place of a merge that is no pair of tokens.
    result<void> load(const description& d, const vocabulary& words, const loading& with);

    /// Without a list: two tokens merge where their names together are a token's, whose id is the rank. Errors: format_limit for texts of absurd length.
    result<void> load_by_rank(const description& d, const vocabulary& words, const loading& with);

    [[nodiscard]] std::uint32_t                rank(token_id left, token_id right) const noexcept { return pairs_.find(left, right); }
    [[nodiscard]] token_id                     whole(std::uint32_t rank) const noexcept { return merged_[rank]; }
    [[nodiscard]] const pair_index&            pairs() const noexcept { return pairs_; }
    [[nodiscard]] const std::vector<token_id>& merged() const noexcept { return merged_; }  // by rank
    [[nodiscard]] std::size_t                  allocated_bytes() const noexcept { return pairs_.allocated_bytes() + merged_.capacity() * sizeof(merged_[0]); }

private:
    struct merge;
    static merge find_merge(const merge_text& text, const vocabulary& words) noexcept;
    result<void> fill(const description& d, const std::vector<merge>& merges, const loading& with);
    template <class RankOf>
    result<void> index(const description& d, const std::vector<merge>& merges, const RankOf& rank_of, const loading& with);

    pair_index            pairs_;
    std::vector<token_id> merged_;  // by rank
};

}  // namespace plume::text
