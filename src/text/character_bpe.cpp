#include <algorithm>
#include <array>

#include <plume/core/utf8.hpp>

#include "src/text/algorithm.hpp"
#include "src/text/merge_table.hpp"
#include "src/text/space_mark.hpp"

namespace plume::text {
namespace {

/// Byte-pair encoding over characters, with a list of merges: what tokenizer.json makes of SentencePiece's BPE vocabularies. A character without a token
/// becomes its bytes' tokens, or the unknown token. Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016.
class character_bpe final : public algorithm {
public:
    using algorithm::algorithm;
    result<void> load(const description& d, const loading& with);

    void encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const override;
    void append_bytes(token_id id, std::string& out) const override;

    std::string_view kind() const noexcept override { return "character BPE"; }
    std::string_view pretokenizer() const noexcept override { return {}; }
    bool             adds_space() const noexcept override { return adds_space_; }
    std::size_t      allocated_bytes() const noexcept override { return sizeof(*this) + words_.allocated_bytes() + merges_.allocated_bytes(); }

private:
    struct pairs {
        const merge_table& merges;
        std::uint32_t      rank(const std::vector<symbol>& symbols, std::uint32_t left, std::uint32_t right) const noexcept {
                 return merges.rank(static_cast<token_id>(symbols[left].value), static_cast<token_id>(symbols[right].value));
        }
        void join(symbol& left, const symbol&, std::uint32_t rank) const noexcept { left.value = static_cast<std::uint32_t>(merges.whole(rank)); }
    };
    /// Where a text may be cut without changing its tokens.
    enum class cutting : std::uint8_t { nowhere, before_words, before_marks };

    void        load_bytes(bool byte_fallback);
    cutting     find_cutting() const noexcept;
    std::size_t piece_end(std::string_view text, std::size_t begin) const noexcept;
    void        encode_piece(std::string_view piece, workspace& work, std::vector<token_id>& ids, bool& after_unknown) const;
    void        add_unknown(std::string_view character, workspace& work, bool& after_unknown) const;

    merge_table               merges_;
    std::array<token_id, 256> bytes_{};  // -1: none, or no fallback to bytes
    token_id                  unknown_       = -1;
    cutting                   cuts_          = cutting::nowhere;
    bool                      ignore_merges_ = false;
    bool                      fuse_unknown_  = false;
    bool                      adds_space_    = false;
};

void character_bpe::load_bytes(bool byte_fallback) {
    bytes_.fill(-1);
    for (token_id id = 0; byte_fallback && words_.has(id); ++id) {
        const int byte = byte_of_name(words_.name(id));
        if (byte < 0 || (words_.type(id) != token_type::normal && words_.type(id) != token_type::byte)) continue;
        words_.set_type(id, token_type::byte);
        if (bytes_[static_cast<std::size_t>(byte)] < 0) bytes_[static_cast<std::size_t>(byte)] = id;
    }
}

/// Words may be merged one by one where no token has a mark behind another character.
character_bpe::cutting character_bpe::find_cutting() const noexcept {
    for (token_id id = 0; words_.has(id); ++id) {
        if (!words_.mergeable(id)) continue;
        auto rest = words_.name(id);
        while (rest.starts_with(space_mark)) rest.remove_prefix(space_mark.size());
        if (rest.find(space_mark) != std::string_view::npos) return cutting::nowhere;
    }
    return cutting::before_words;
}

result<void> character_bpe::load(const description& d, const loading& with) {
    unknown_       = d.unknown;
    ignore_merges_ = d.ignore_merges;
    fuse_unknown_  = d.fuse_unknown;
    adds_space_    = d.adds_space;
    load_bytes(d.byte_fallback);
    if (auto ok = words_.build_index(d.from); !ok) return ok;
    cuts_ = d.splits_marks ? cutting::before_marks : find_cutting();
    return merges_.load(d, words_, with);
}

/// Where the piece that begins at `begin` ends.
std::size_t character_bpe::piece_end(std::string_view text, std::size_t begin) const noexcept {
    if (cuts_ == cutting::nowhere) return text.size();
    std::size_t end = begin;
    if (cuts_ == cutting::before_words)
        while (text.substr(end).starts_with(space_mark)) end += space_mark.size();
    else if (text.substr(end).starts_with(space_mark))
        end += space_mark.size();
    return std::min(text.find(space_mark, end), text.size());
}

void character_bpe::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    // A piece that is a token is looked for in the pieces of the pre-tokenizer, not in ours.
    if (ignore_merges_ && cuts_ != cutting::before_marks)
        if (const auto id = words_.find_mergeable(text); id >= 0) return ids.push_back(id);
    bool after_unknown = false;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end   = piece_end(text, begin);
        const auto piece = text.substr(begin, end - begin);
        const auto id    = ignore_merges_ && cuts_ == cutting::before_marks ? words_.find_mergeable(piece) : token_id{-1};
        if (id >= 0)
            ids.push_back(id);
        else
            encode_piece(piece, work, ids, after_unknown);
        if (cuts_ == cutting::before_marks) after_unknown = false;
        begin = end;
    }
}

void character_bpe::add_unknown(std::string_view character, workspace& work, bool& after_unknown) const {
    const auto add = [&](token_id id) { work.symbols.push_back({0, 0, 0, static_cast<std::uint32_t>(id)}); };
    const auto has = [&](char c) { return bytes_[static_cast<unsigned char>(c)] >= 0; };
    if (std::all_of(character.begin(), character.end(), has)) {
        for (const char c : character) add(bytes_[static_cast<unsigned char>(c)]);
        after_unknown = false;
        return;
    }
    if (unknown_ < 0)
        work.n_left_out += character.size();
    else if (!after_unknown || !fuse_unknown_)
        add(unknown_);
    after_unknown = true;
}

void character_bpe::encode_piece(std::string_view piece, workspace& work, std::vector<token_id>& ids, bool& after_unknown) const {
    work.symbols.clear();
    for (std::size_t i = 0; i < piece.size();) {
        const auto character = piece.substr(i, utf8::decode_one(piece.substr(i)).size);
        const auto id        = words_.find_mergeable(character);
        if (id >= 0) {
            work.symbols.push_back({0, 0, 0, static_cast<std::uint32_t>(id)});
            after_unknown = false;
        } else {
            add_unknown(character, work, after_unknown);
        }
        i += character.size();
    }
    if (work.symbols.empty()) return;
    merge_all(work, pairs{merges_});
    for (std::uint32_t i = 0; i != no_symbol; i = work.symbols[i].next) ids.push_back(static_cast<token_id>(work.symbols[i].value));
}

void character_bpe::append_bytes(token_id id, std::string& out) const {
    const auto name = words_.name(id);
    if (words_.type(id) == token_type::byte)
        out += static_cast<char>(static_cast<unsigned char>(byte_of_name(name)));
    else
        append_unmarked(name, out);
}

}  // namespace

result<std::unique_ptr<algorithm>> make_character_bpe(description d, const loading& with) {
    auto model = std::make_unique<character_bpe>(std::move(d.words));
    if (auto ok = model->load(d, with); !ok) return std::move(ok).error();
    return std::unique_ptr<algorithm>(std::move(model));
}

}  // namespace plume::text
