#pragma once

#include <cstddef>

#include <plume/core/dtype.hpp>

namespace plume::kv {

/// Positions lie in pieces, each with all layers and heads: a short talk touches little of a long context's memory, which costs time and pages when touched.
inline constexpr std::size_t piece_positions = 512;

/// Where the keys and values of one sequence lie, for every layer and KV head. Within a piece of S positions, each head's keys, then its values:
/// f16 and f32: keys [S/16][E][16] (lane = position), values [S][E] (lane = channel).
/// q8_0: groups of 16 positions, keys [E][16] or values [16][E] of int8 codes, then [ceil(E/32)][16] halves: the scales of each position's blocks of 32
/// elements. Sizes in bytes.
struct layout {
    std::size_t layers = 0, heads = 0, E = 0, positions = 0;  // positions: whole pieces, or one of a multiple of 16
    kv_type     type = kv_type::f16;

    [[nodiscard]] static constexpr layout make(std::size_t L, std::size_t K, std::size_t E, std::size_t context_tokens, kv_type type) noexcept {
        const std::size_t step = context_tokens <= piece_positions ? 16 : piece_positions;
        return {L, K, E, (context_tokens + step - 1) / step * step, type};
    }
    [[nodiscard]] constexpr std::size_t pieces() const noexcept { return (positions + piece_positions - 1) / piece_positions; }
    [[nodiscard]] constexpr std::size_t per_piece() const noexcept { return positions < piece_positions ? positions : piece_positions; }
    [[nodiscard]] constexpr std::size_t head_bytes() const noexcept { return per_piece() * bytes_of(type, E); }  // keys, or values
    [[nodiscard]] constexpr std::size_t piece_bytes() const noexcept { return layers * heads * 2 * head_bytes(); }
    [[nodiscard]] constexpr std::size_t bytes() const noexcept { return pieces() * piece_bytes(); }
    /// In the first piece; the next is piece_bytes further.
    [[nodiscard]] constexpr std::size_t keys_at(std::size_t layer, std::size_t head) const noexcept { return (layer * heads + head) * 2 * head_bytes(); }
    [[nodiscard]] constexpr std::size_t values_at(std::size_t layer, std::size_t head) const noexcept { return keys_at(layer, head) + head_bytes(); }
    /// Bytes from a head's start in a piece that hold its first n positions (keys: whole groups of 16).
    [[nodiscard]] constexpr std::size_t used_bytes(std::size_t n) const noexcept { return (n + 15) / 16 * 16 * bytes_of(type, E); }
};

}  // namespace plume::kv
