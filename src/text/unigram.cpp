#include "src/text/unigram.hpp"

#include <algorithm>

#include <plume/core/utf8.hpp>

#include "src/system.hpp"

namespace plume::text {
namespace {

/// The best way to come to a place in the text.
template <class Score>
struct place {
    Score    score = 0;
    token_id id    = unreached;

    static constexpr token_id unreached = -2, unknown = -1;
};

}  // namespace

piece_trie::fault unigram_model::build(const std::vector<piece>& pieces, double unknown_score, arithmetic how) {
    const fp_control contract;
    how_           = how;
    unknown_score_ = unknown_score;
    std::vector<piece_trie::piece> texts;
    texts.reserve(pieces.size());
    for (const auto& p : pieces) {
        const auto index = static_cast<std::size_t>(p.id);
        if (index >= pieces_.size()) pieces_.resize(index + 1);
        // SentencePiece prefers a user-defined piece to almost any other way: 0.1 for each byte but the first, whatever its score. Measured with 0.2.3.
        const bool bonus = p.user_defined && how == arithmetic::single;
        pieces_[index]   = {bonus ? static_cast<double>(p.text.size() - 1) * 0.1 : p.score, static_cast<std::uint32_t>(p.text.size())};
        texts.push_back({p.text, p.id});
    }
    return trie_.build(texts);
}

template <class Score>
void unigram_model::run(std::string_view text, std::vector<part>& backwards) const {
    using at = place<Score>;
    std::vector<at> places(text.size() + 1);
    const auto      unknown_score = static_cast<Score>(unknown_score_);
    for (std::size_t begin = 0; begin < text.size();) {
        const Score       so_far     = places[begin].score;
        const std::size_t size       = utf8::decode_one(text.substr(begin)).size;
        bool              has_single = false;
        auto              node       = piece_trie::root;
        for (std::size_t end = begin; end < text.size();) {
            node = trie_.step(node, text[end]);
            if (node == piece_trie::none) break;
            ++end;
            const auto id = trie_.value(node);
            if (id < 0) continue;
            const Score candidate = static_cast<Score>(pieces_[static_cast<std::size_t>(id)].score) + so_far;
            auto&       target    = places[end];
            if (target.id == at::unreached || candidate > target.score) target = {candidate, id};
            has_single = has_single || end - begin == size;
        }
        if (!has_single) {
            const Score candidate = unknown_score + so_far;
            auto&       target    = places[begin + size];
            if (target.id == at::unreached || candidate > target.score) target = {candidate, at::unknown};
        }
        begin += size;
    }
    for (std::size_t end = text.size(); end > 0;) {
        const auto  id    = places[end].id;
        std::size_t begin = end - 1;
        if (id >= 0)
            begin = end - pieces_[static_cast<std::size_t>(id)].bytes;
        else
            while ((static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80) --begin;
        backwards.push_back({static_cast<std::uint32_t>(begin), id});
        end = begin;
    }
}

void unigram_model::segment(std::string_view text, workspace&, std::vector<part>& backwards) const {
    const fp_control contract;
    if (how_ == arithmetic::single)
        run<float>(text, backwards);
    else
        run<double>(text, backwards);
}

}  // namespace plume::text
