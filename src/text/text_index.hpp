#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>

namespace plume::text {

/// a·b as 128 bits, the halves folded together: every bit of the result depends on every bit of both.
[[nodiscard]] inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using wide = unsigned __int128;
    const wide product       = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// A table's hash function is chosen by a number. A file made to collide under the first ones gets the next; one that collides under all is refused:
/// that is what keeps a lookup bounded whatever the file holds.
inline constexpr std::uint64_t hash_seeds[]  = {0x2d358dccaa6c78a5, 0x8bb84b93962eacc9, 0x4b33a62ed433d4a3, 0x4d5a2da51de1aa47,
                                                0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x90ed1765281c388c, 0xaaaaaaaaaaaaaaab};
inline constexpr std::size_t   longest_probe = 512;

[[nodiscard]] inline std::uint64_t hash_text(std::string_view text, std::uint64_t seed) noexcept {
    constexpr std::uint64_t odd  = 0x9e3779b97f4a7c15;
    std::uint64_t           hash = fold_multiply(text.size() ^ seed, odd);
    while (!text.empty()) {
        std::uint64_t     word = 0;
        const std::size_t n    = text.size() < 8 ? text.size() : 8;
        std::memcpy(&word, text.data(), n);
        hash = fold_multiply(hash ^ word, odd ^ seed);
        text.remove_prefix(n);
    }
    return fold_multiply(hash ^ seed, odd);
}

/// Ids by text: open addressing over words of (32 bits of the hash, id). The texts themselves stay with the vocabulary.
class text_index {
public:
    /// Room for n texts, empty, under hash function number `attempt`.
    void reset(std::size_t n, std::size_t attempt) {
        std::size_t slots = 16;
        while (slots < n + n / 3) slots *= 2;
        slots_.assign(slots, empty);
        seed_ = hash_seeds[attempt];
    }
    static constexpr std::size_t attempts = sizeof(hash_seeds) / sizeof(hash_seeds[0]);

    /// False: too many texts share a place; start again under the next hash function. A text that is there already keeps its id.
    template <class NameOf>
    [[nodiscard]] bool add(std::string_view text, token_id id, const NameOf& name_of) noexcept {
        const auto hash = hash_text(text, seed_);
        for (std::size_t probe = 0; probe < longest_probe; ++probe) {
            auto& slot = slots_[(hash + probe) & (slots_.size() - 1)];
            if (slot == empty) {
                slot = (hash & tag_bits) | static_cast<std::uint32_t>(id);
                return true;
            }
            if (((slot ^ hash) & tag_bits) == 0 && name_of(id_of(slot)) == text) return true;
        }
        return false;
    }

    template <class NameOf>
    [[nodiscard]] token_id find(std::string_view text, const NameOf& name_of) const noexcept {
        if (slots_.empty()) return -1;
        const auto hash = hash_text(text, seed_);
        for (std::size_t probe = 0; probe < longest_probe; ++probe) {
            const auto slot = slots_[(hash + probe) & (slots_.size() - 1)];
            if (slot == empty) return -1;
            if (((slot ^ hash) & tag_bits) == 0 && name_of(id_of(slot)) == text) return id_of(slot);
        }
        return -1;
    }

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return slots_.capacity() * sizeof(slots_[0]); }

private:
    static constexpr std::uint64_t empty    = ~std::uint64_t{0};
    static constexpr std::uint64_t tag_bits = ~std::uint64_t{0} << 32;
    static token_id                id_of(std::uint64_t slot) noexcept { return static_cast<token_id>(slot & 0x7fffffff); }

    std::vector<std::uint64_t> slots_;  // a power of two of them
    std::uint64_t              seed_ = 0;
};

}  // namespace plume::text
