#pragma once

#include <string_view>
#include <vector>

#include "src/text/merging.hpp"
#include "src/text/piece_trie.hpp"

namespace plume::text {

/// The pieces of a unigram language model, and the most probable way to make a text of them. Source: Kudo, "Subword Regularization", 2018, section 3.2.
/// Scores are added along the text, and what rounding does to the sums decides between segmentations that are nearly as good: so they are added just as the
/// library does that the model was made for.
class unigram_model {
public:
    enum class arithmetic {
        single,  // SentencePiece: sums are kept in float, and compared as double with the next candidate
        twofold  // tokenizers: double
    };
    struct piece {
        std::string_view text;
        token_id         id;
        double           score;
        bool             user_defined = false;
    };
    /// unknown_score: of one character that is no piece. Pieces must be finite.
    [[nodiscard]] piece_trie::fault build(const std::vector<piece>& pieces, double unknown_score, arithmetic how);

    /// A part of the text: `id` is -1 for a character that no piece stands for.
    struct part {
        std::uint32_t begin;
        token_id      id;
    };
    /// Appends the parts of `text` (valid UTF-8, not empty), from the last to the first. Linear in the text times the longest piece.
    void segment(std::string_view text, workspace& work, std::vector<part>& backwards) const;

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return trie_.allocated_bytes() + pieces_.capacity() * sizeof(pieces_[0]); }

private:
    struct scored {
        double        score;
        std::uint32_t bytes;
    };
    template <class Score>
    void run(std::string_view text, std::vector<part>& backwards) const;

    piece_trie          trie_;
    std::vector<scored> pieces_;  // by id
    double              unknown_score_ = 0;
    arithmetic          how_           = arithmetic::single;
};

}  // namespace plume::text
