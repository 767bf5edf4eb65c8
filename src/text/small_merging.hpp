#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "src/text/byte_merges.hpp"

namespace plume::text {

/// Merges up to 256 symbols without a heap. Each has the rank of the pair that it begins and its own place in one number, and each group of sixteen the least
/// of its numbers: the least of those is the merge to do, and a merge changes three groups at most. The compiler finds them with vectors. What is merged away
/// stays where it is and is passed over.
class small_merging {
public:
    static constexpr std::size_t most = 256;

    std::uint32_t values[most];  // the symbols; after run() a token stands where its first symbol stood

    void run(std::size_t n, const byte_merges& merges) noexcept;
    /// Where the token behind the one at `i` stands, or n.
    [[nodiscard]] std::size_t behind(std::size_t i) const noexcept { return behind_[i]; }

private:
    static constexpr int          place_bits = 8;
    static constexpr std::size_t  group = 16, n_groups = most / group;
    static constexpr std::int32_t none = std::numeric_limits<std::int32_t>::max();
    static_assert(most == std::size_t{1} << place_bits && max_merges < std::size_t{1} << (31 - place_bits));

    [[nodiscard]] std::int32_t key_of(std::size_t i, std::size_t next, const byte_merges& merges) const noexcept {
        const auto rank = merges.pairs.find(static_cast<token_id>(values[i]), static_cast<token_id>(values[next]));
        return rank == no_rank ? none : static_cast<std::int32_t>(rank << place_bits | i);
    }
    template <std::size_t N>
    static std::int32_t least_of(const std::int32_t* keys) noexcept {
        std::int32_t least = none;
        for (std::size_t i = 0; i < N; ++i) least = std::min(least, keys[i]);
        return least;
    }
    void update(std::size_t g) noexcept { least_[g] = least_of<group>(keys_ + g * group); }

    std::int32_t  keys_[most], least_[n_groups];
    std::uint16_t behind_[most], before_[most];
};

inline void small_merging::run(std::size_t n, const byte_merges& merges) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        keys_[i]   = i + 1 < n ? key_of(i, i + 1, merges) : none;
        behind_[i] = static_cast<std::uint16_t>(i + 1);
        before_[i] = static_cast<std::uint16_t>(i - 1);
    }
    const std::size_t groups = (n + group - 1) / group;
    std::fill(keys_ + n, keys_ + groups * group, none);
    std::fill(least_ + groups, least_ + n_groups, none);
    for (std::size_t g = 0; g < groups; ++g) update(g);
    while (true) {
        const auto least = groups == 1 ? least_[0] : least_of<n_groups>(least_);
        if (least == none) return;
        const std::size_t i = static_cast<std::uint32_t>(least) & (most - 1), gone = behind_[i], next = behind_[gone];
        values[i]   = static_cast<std::uint32_t>(merges.merged[static_cast<std::uint32_t>(least) >> place_bits]);
        behind_[i]  = static_cast<std::uint16_t>(next);
        keys_[gone] = none;
        if (next < n) before_[next] = static_cast<std::uint16_t>(i);
        keys_[i] = next < n ? key_of(i, next, merges) : none;
        if (i > 0) {
            const std::size_t before = before_[i];
            keys_[before]            = key_of(before, i, merges);
            if (before / group != i / group) update(before / group);
        }
        update(i / group);
        if (gone / group != i / group) update(gone / group);
    }
}

}  // namespace plume::text
