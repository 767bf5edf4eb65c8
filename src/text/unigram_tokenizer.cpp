#include <algorithm>
#include <cmath>
#include <limits>

#include <plume/core/utf8.hpp>

#include "src/text/algorithm.hpp"
#include "src/text/byte_tokens.hpp"
#include "src/text/space_mark.hpp"
#include "src/text/tables.hpp"
#include "src/text/unicode_class.hpp"
#include "src/text/unigram.hpp"

namespace plume::text {
namespace {

/// A Unigram vocabulary: the text as its normaliser leaves it becomes the most probable pieces. A run of characters without a piece becomes the tokens of its
/// bytes, or one unknown token.
class unigram final : public algorithm {
public:
    using algorithm::algorithm;
    result<void> load(const description& d);

    void encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const override;
    void append_bytes(token_id id, std::string& out) const override;

    std::string_view kind() const noexcept override { return "Unigram"; }
    std::string_view pretokenizer() const noexcept override { return {}; }
    bool             adds_space() const noexcept override { return adds_space_; }
    std::size_t      allocated_bytes() const noexcept override { return sizeof(*this) + words_.allocated_bytes() + model_.allocated_bytes(); }

private:
    void encode_piece(std::string_view piece, workspace& work, std::vector<unigram_model::part>& parts, std::vector<token_id>& ids) const;

    unigram_model model_;
    byte_tokens   bytes_;
    token_id      unknown_       = -1;
    bool          adds_space_    = false;
    bool          splits_        = false;  // a piece begins at every mark
    bool          by_words_      = false;  // white space parts words, each of which begins with a mark
    bool          byte_fallback_ = false;
};

result<void> unigram::load(const description& d) {
    unknown_    = d.unknown;
    adds_space_ = d.adds_space;
    splits_     = d.splits_marks;
    by_words_   = d.splits_spaces;
    for (token_id id = 0; d.lists_added && d.byte_fallback && words_.has(id); ++id)
        if (words_.type(id) == token_type::normal && byte_of_name(words_.name(id)) >= 0) words_.set_type(id, token_type::byte);
    auto bytes = byte_tokens::find(words_, d.from);
    if (!bytes) return std::move(bytes).error();
    bytes_         = *bytes;
    byte_fallback_ = bytes_.all && d.byte_fallback;
    if (auto ok = words_.build_index(d.from); !ok) return ok;

    // SentencePiece takes the lowest score of its normal pieces, tokenizers that of all tokens.
    const bool                        twofold = !d.precise_scores.empty();
    double                            lowest  = twofold ? 0 : static_cast<double>(std::numeric_limits<float>::max());
    std::vector<unigram_model::piece> pieces;
    pieces.reserve(words_.size());
    for (token_id id = 0; words_.has(id); ++id) {
        const auto   index = static_cast<std::size_t>(id);
        const auto   type  = words_.type(id);
        const double score = index < d.precise_scores.size() ? d.precise_scores[index] : index < d.scores.size() ? static_cast<double>(d.scores[index]) : 0.0;
        if (!std::isfinite(score)) return d.from.fault(code::format_invalid, "is not a finite number").about("key", element_of(d.from.scores, index));
        if (twofold ? index < d.precise_scores.size() : type == token_type::normal) lowest = std::min(lowest, score);
        const bool symbol = type == token_type::user_defined && d.inner_symbols && !is_marker(words_.name(id));
        if (type != token_type::normal && !symbol) continue;
        if (!words_.name(id).empty()) pieces.push_back({words_.name(id), id, score, symbol});
    }
    constexpr double penalty = 10;
    const double     unknown = twofold ? lowest - penalty : static_cast<double>(static_cast<float>(lowest) - static_cast<float>(penalty));
    const auto       fault   = model_.build(pieces, unknown, twofold ? unigram_model::arithmetic::twofold : unigram_model::arithmetic::single);
    if (fault == piece_trie::fault::too_many_nodes)
        return d.from.fault(code::format_limit, "has more text than the limit max_nodes of a trie").about("key", d.from.tokens);
    if (fault == piece_trie::fault::collisions)
        return d.from.fault(code::format_invalid, "has texts made to collide in every hash function").about("key", d.from.tokens);
    return {};
}

void unigram::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    std::vector<unigram_model::part> parts;
    std::string                      words;
    if (by_words_) {
        bool inside = false;
        for (std::size_t i = 0; i < text.size();) {
            const auto c     = utf8::decode_one(text.substr(i));
            const bool space = class_of(c.code_point) == unicode_class::space;
            if (!space && !inside && !text.substr(i).starts_with(space_mark)) words += space_mark;
            if (!space) words += text.substr(i, c.size);
            inside = !space;
            i += c.size;
        }
        text = words;
    }
    if (!splits_) return encode_piece(text, work, parts, ids);
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find(space_mark, begin + 1), text.size());
        encode_piece(text.substr(begin, end - begin), work, parts, ids);
        begin = end;
    }
}

void unigram::encode_piece(std::string_view piece, workspace& work, std::vector<unigram_model::part>& parts, std::vector<token_id>& ids) const {
    parts.clear();
    model_.segment(piece, work, parts);
    bool after_unknown = false;
    for (std::size_t i = parts.size(); i-- > 0;) {
        const auto end = i == 0 ? piece.size() : std::size_t{parts[i - 1].begin};
        if (parts[i].id >= 0) {
            ids.push_back(parts[i].id);
        } else if (byte_fallback_) {
            bytes_.append(piece.substr(parts[i].begin, end - parts[i].begin), ids);
        } else if (unknown_ < 0) {
            work.n_left_out += end - parts[i].begin;
        } else if (!after_unknown) {
            ids.push_back(unknown_);
        }
        after_unknown = parts[i].id < 0;
    }
}

void unigram::append_bytes(token_id id, std::string& out) const {
    if (words_.type(id) == token_type::byte)
        out += static_cast<char>(static_cast<unsigned char>(byte_of_name(words_.name(id))));
    else
        append_unmarked(words_.name(id), out);
}

}  // namespace

result<std::unique_ptr<algorithm>> make_unigram(description d, const loading&) {
    auto model = std::make_unique<unigram>(std::move(d.words));
    if (auto ok = model->load(d); !ok) return std::move(ok).error();
    return std::unique_ptr<algorithm>(std::move(model));
}

}  // namespace plume::text
