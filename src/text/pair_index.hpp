#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/text/text_index.hpp"
#include "src/text/vocabulary.hpp"

namespace plume::text {

inline constexpr std::uint32_t no_rank = 0xffffffff;

/// The rank of a merge by its two tokens: open addressing over words that hold both ids and the rank, and before it a plain table for the lowest ids. Those
/// are the bytes' in nearly all byte-level vocabularies, so that the pairs that a text begins with need no hashing and stay in the second cache.
class pair_index {
    static constexpr int id_bits = 20, rank_bits = 24;
    static constexpr int low_bits = 8;
    static_assert(max_tokens <= std::size_t{1} << id_bits && max_merges < std::size_t{1} << rank_bits);

public:
    static constexpr std::size_t attempts = text_index::attempts;

    void reset(std::size_t n, std::size_t attempt) {
        std::size_t slots = 16;
        while (slots < n + n / 3) slots *= 2;
        slots_.assign(slots, empty);
        low_.assign(std::size_t{1} << 2 * low_bits, no_rank);
        seed_ = hash_seeds[attempt];
    }

    /// As text_index::add: a pair that is there already keeps its rank.
    [[nodiscard]] bool add(token_id left, token_id right, std::uint32_t rank) noexcept {
        if (is_low(left, right)) {
            auto& low = low_[low_place(left, right)];
            if (low == no_rank) low = rank;
            return true;
        }
        const auto key  = key_of(left, right);
        const auto hash = place_of(key);
        for (std::size_t probe = 0; probe < longest_probe; ++probe) {
            auto& slot = slots_[(hash + probe) & (slots_.size() - 1)];
            if (slot == empty) {
                slot = key << rank_bits | rank;
                return true;
            }
            if (slot >> rank_bits == key) return true;
        }
        return false;
    }

    [[nodiscard]] std::uint32_t find(token_id left, token_id right) const noexcept {
        if (slots_.empty()) return no_rank;
        if (is_low(left, right)) return low_[low_place(left, right)];
        const auto key  = key_of(left, right);
        const auto hash = place_of(key);
        for (std::size_t probe = 0; probe < longest_probe; ++probe) {
            const auto slot = slots_[(hash + probe) & (slots_.size() - 1)];
            if (slot == empty) return no_rank;
            if (slot >> rank_bits == key) return static_cast<std::uint32_t>(slot & ((1u << rank_bits) - 1));
        }
        return no_rank;
    }

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return slots_.capacity() * sizeof(slots_[0]) + low_.capacity() * sizeof(low_[0]); }

private:
    static constexpr std::uint64_t empty = ~std::uint64_t{0};  // no entry: its rank would be above max_merges

    static bool        is_low(token_id left, token_id right) noexcept { return static_cast<std::uint32_t>(left | right) >> low_bits == 0; }
    static std::size_t low_place(token_id left, token_id right) noexcept {
        return static_cast<std::size_t>(left) << low_bits | static_cast<std::size_t>(right);
    }
    static std::uint64_t key_of(token_id left, token_id right) noexcept {
        return static_cast<std::uint64_t>(left) << id_bits | static_cast<std::uint64_t>(right);
    }
    [[nodiscard]] std::uint64_t place_of(std::uint64_t key) const noexcept {
        return fold_multiply(fold_multiply(key ^ seed_, 0x9e3779b97f4a7c15) ^ key, seed_);
    }

    std::vector<std::uint64_t> slots_;
    std::vector<std::uint32_t> low_;
    std::uint64_t              seed_ = 0;
};

}  // namespace plume::text
