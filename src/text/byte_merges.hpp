#pragma once

#include <array>
#include <vector>

#include "src/text/pair_index.hpp"
#include "src/text/vocabulary.hpp"

namespace plume::text {

/// The merges of a byte-level vocabulary, and its tokens for the 256 bytes.
struct byte_merges {
    const pair_index&                pairs;
    const std::vector<token_id>&     merged;  // by rank
    const std::array<token_id, 256>& bytes;   // -1: the vocabulary has no token for this byte
    const vocabulary&                words;
};

}  // namespace plume::text
