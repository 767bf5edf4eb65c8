#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/merging.hpp"
#include "src/text/pretokenizers/cutter.hpp"
#include "src/text/vocabulary.hpp"

namespace plume::text {

/// The 256 bytes as tokens, and the merges, of a byte-level vocabulary.
struct byte_merges {
    const pair_index&                pairs;
    const std::vector<token_id>&     merged;  // by rank
    const std::array<token_id, 256>& bytes;   // -1: the vocabulary has no token for this byte
    const vocabulary&                words;
};

/// From text to tokens, for byte-level BPE: cuts, remembers, merges.
///
/// English is a few thousand words over and over, so a call keeps the tokens of the last pieces it saw in a small table (recent_pieces) and looks there first.
/// What is not there is merged: short pieces in two arrays, where moving a few words costs less than any list or heap, long ones with a heap.
/// Immutable and shared between threads.
class byte_encoder {
public:
    result<void> load(const pretokenizer& pre, bool ignore_merges);

    /// Appends the ids of `text`, which is valid UTF-8. Bytes without a token are counted in work.n_left_out.
    void encode(std::string_view text, const byte_merges& merges, workspace& work, std::vector<token_id>& ids) const;

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return cutter_.allocated_bytes(); }

private:
    void encode_piece(std::string_view piece, const byte_merges& merges, workspace& work, std::vector<token_id>& ids) const;

    cutter cutter_;
    bool   ignore_merges_ = false;
};

}  // namespace plume::text
