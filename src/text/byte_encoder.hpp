#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <plume/core/result.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/byte_merges.hpp"
#include "src/text/merging.hpp"
#include "src/text/pretokenizers/cutter.hpp"

namespace plume::text {

/// From text to tokens, for byte-level BPE: cuts, remembers, merges.
///
/// English is a few thousand words over and over, so a call keeps the tokens of the last pieces it saw in a small table (recent_pieces) and looks there first.
/// What is not there is merged: short pieces in two arrays, where moving a few words costs less than any list or heap, long ones in windows
/// with a heap (window_merging).
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
