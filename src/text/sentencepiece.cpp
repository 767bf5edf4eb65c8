#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include <plume/core/utf8.hpp>

#include "src/system.hpp"
#include "src/text/algorithm.hpp"
#include "src/text/byte_tokens.hpp"
#include "src/text/sentencepiece_rules.hpp"
#include "src/text/space_mark.hpp"

namespace plume::text {
namespace {

constexpr auto mark = space_mark;

/// SentencePiece's byte-pair encoding: pieces with scores; a pair merges where the two texts together are a piece, the highest score first, of equals the
/// leftmost; characters without a piece become byte tokens. Source: Kudo and Richardson, "SentencePiece", 2018.
class sentencepiece final : public algorithm {
public:
    using algorithm::algorithm;
    result<void> load(const description& d);

    void encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const override;
    void append_bytes(token_id id, std::string& out) const override;

    std::string_view kind() const noexcept override { return "SentencePiece BPE"; }
    std::string_view pretokenizer() const noexcept override { return {}; }
    bool             adds_space() const noexcept override { return adds_space_; }
    std::size_t      allocated_bytes() const noexcept override { return sizeof(*this) + words_.allocated_bytes() + ranks_.capacity() * sizeof(ranks_[0]); }

private:
    struct pairs;
    struct seen_words;
    struct output {
        std::vector<token_id>&                    ids;
        std::unordered_map<token_id, std::size_t> halves;  // unused piece: bytes of its left half, as SentencePiece remembers it
        std::size_t&                              n_left_out;
        bool                                      after_unknown = false;
    };

    result<void> load_ranks(const description& d);
    void         find_word_starts() noexcept;
    void         encode_words(std::string_view text, workspace& work, output& out) const;
    void         encode_word(std::string_view word, workspace& work, output& out) const;
    void         emit(std::string_view piece, output& out) const;
    void         emit_unknown(std::string_view piece, output& out) const;

    std::vector<std::uint32_t>        ranks_;  // by id: 0 for the highest score; equal scores share a rank
    byte_tokens                       bytes_;
    std::shared_ptr<const piece_trie> symbols_;  // user-defined tokens to be found here; may be null
    token_id                          unknown_    = -1;
    bool                              adds_space_ = true;
    bool                              has_unused_ = false;  // a word's tokens depend on those before it: see output::halves
    bool                              marked_     = false;  // the text comes with its spaces marked
    bool                              cuts_words_ = false;  // no piece has a space behind another character: words can be merged one by one
};

struct sentencepiece::pairs {
    const sentencepiece& model;
    std::string_view     word;
    output&              out;

    std::uint32_t rank(const std::vector<symbol>& symbols, std::uint32_t left, std::uint32_t right) const {
        const auto after = symbols[right].next;
        const auto begin = symbols[left].value, end = after == no_symbol ? static_cast<std::uint32_t>(word.size()) : symbols[after].value;
        const auto id = model.words_.find_mergeable(word.substr(begin, end - begin));
        if (id < 0) return no_rank;
        if (model.words_.type(id) == token_type::unused) out.halves[id] = symbols[right].value - begin;
        return model.ranks_[static_cast<std::size_t>(id)];
    }
    void join(symbol&, const symbol&, std::uint32_t) const noexcept {}  // the value is where the piece begins: it stays
};

result<void> sentencepiece::load_ranks(const description& d) {
    const std::size_t          n     = words_.size();
    const auto&                score = d.scores;
    const fp_control           contract;  // a host may flush denormal scores to zero
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0u);
    for (std::size_t i = 0; i < n; ++i)
        if (std::isnan(score[i])) return d.from.fault(code::format_invalid, "is not a number").about("key", element_of(d.from.scores, i));
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return score[a] > score[b]; });
    ranks_.resize(n);
    std::uint32_t rank = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (i > 0 && score[order[i]] != score[order[i - 1]]) ++rank;
        ranks_[order[i]] = rank;
    }
    return {};
}

void sentencepiece::find_word_starts() noexcept {
    cuts_words_ = true;
    for (token_id id = 0; words_.has(id); ++id) {
        has_unused_ = has_unused_ || words_.type(id) == token_type::unused;
        if (!words_.mergeable(id)) continue;
        auto rest = words_.name(id);
        while (rest.starts_with(mark)) rest.remove_prefix(mark.size());
        if (rest.find(mark) != std::string_view::npos) cuts_words_ = false;
    }
}

result<void> sentencepiece::load(const description& d) {
    adds_space_ = d.adds_space;
    marked_     = d.normal_marks;
    symbols_    = d.symbols;
    unknown_    = d.unknown;
    if (auto ok = load_ranks(d); !ok) return ok;
    auto bytes = byte_tokens::find(words_, d.from);
    if (!bytes) return std::move(bytes).error();
    bytes_     = *bytes;
    bytes_.all = bytes_.all && d.byte_fallback;
    if (auto ok = words_.build_index(d.from); !ok) return ok;
    find_word_starts();
    return {};
}

void sentencepiece::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    std::string marked;
    if (!marked_) {
        marked.reserve(text.size() + text.size() / 2 + mark.size());
        if (adds_space_) marked += mark;
        for (const char c : text) {
            if (c == ' ')
                marked += mark;
            else
                marked += c;
        }
        text = marked;
    }
    output out{ids, {}, work.n_left_out};
    if (!symbols_) return encode_words(text, work, out);
    std::size_t done = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto symbol = symbols_->longest(text.substr(i));
        if (symbol.id < 0) {
            i += utf8::decode_one(text.substr(i)).size;
            continue;
        }
        if (i > done) encode_words(text.substr(done, i - done), work, out);
        ids.push_back(symbol.id);
        out.after_unknown = false;
        i += symbol.size;
        done = i;
    }
    if (done < text.size()) encode_words(text.substr(done), work, out);
}

/// Words that were met before in this text, by hash: where one stands, and its ids. A word that comes in another's place replaces it.
struct sentencepiece::seen_words {
    struct entry {
        std::uint32_t begin = 0, size = 0;   // in the text
        std::uint32_t first = 0, count = 0;  // in the ids
    };
    std::vector<entry> entries;

    static constexpr std::size_t longest = 48, most = 8192, least_text = 256;

    explicit seen_words(std::size_t text_bytes) : entries(text_bytes < least_text ? 0 : std::min(most, std::bit_ceil(text_bytes / 16))) {}
};

void sentencepiece::encode_words(std::string_view text, workspace& work, output& out) const {
    if (!cuts_words_) return encode_word(text, work, out);
    seen_words seen(has_unused_ || !bytes_.all ? 0 : text.size());
    for (std::size_t begin = 0; begin < text.size();) {
        std::size_t end = begin;
        while (text.substr(end).starts_with(mark)) end += mark.size();
        end             = std::min(text.find(mark, end), text.size());
        const auto word = text.substr(begin, end - begin);
        auto&      ids  = out.ids;
        if (seen.entries.empty() || word.size() > seen_words::longest) {
            encode_word(word, work, out);
        } else {
            auto& entry = seen.entries[hash_text(word, hash_seeds[0]) & (seen.entries.size() - 1)];
            if (text.substr(entry.begin, entry.size) == word) {
                const std::size_t size = ids.size();
                ids.resize(size + entry.count);
                std::copy_n(ids.begin() + entry.first, entry.count, ids.begin() + static_cast<std::ptrdiff_t>(size));
            } else {
                const std::size_t first = ids.size();
                encode_word(word, work, out);
                entry = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(word.size()), static_cast<std::uint32_t>(first),
                         static_cast<std::uint32_t>(ids.size() - first)};
            }
        }
        begin = end;
    }
}

void sentencepiece::encode_word(std::string_view word, workspace& work, output& out) const {
    work.symbols.clear();
    for (std::size_t i = 0; i < word.size(); i += utf8::decode_one(word.substr(i)).size) work.symbols.push_back({0, 0, 0, static_cast<std::uint32_t>(i)});
    merge_all(work, pairs{*this, word, out});
    for (std::uint32_t i = 0; i != no_symbol; i = work.symbols[i].next) {
        const auto begin = work.symbols[i].value, after = work.symbols[i].next;
        const auto end = after == no_symbol ? word.size() : work.symbols[after].value;
        emit(word.substr(begin, end - begin), out);
    }
}

/// The token of a merged piece. An unused one falls into the halves it was seen to be made of, down to pieces in use; no recursion: halves may nest deep.
void sentencepiece::emit(std::string_view piece, output& out) const {
    std::vector<std::string_view> waiting;
    for (;;) {
        const auto id   = words_.find_mergeable(piece);
        const auto half = id >= 0 && words_.type(id) == token_type::unused ? out.halves.find(id) : out.halves.end();
        if (half != out.halves.end()) {
            waiting.push_back(piece.substr(half->second));
            piece = piece.substr(0, half->second);
            continue;
        }
        if (id >= 0) {
            out.ids.push_back(id);
            out.after_unknown = false;
        } else {
            emit_unknown(piece, out);
        }
        if (waiting.empty()) return;
        piece = waiting.back();
        waiting.pop_back();
    }
}

void sentencepiece::emit_unknown(std::string_view piece, output& out) const {
    if (bytes_.all) return bytes_.append(piece, out.ids);
    if (unknown_ < 0) out.n_left_out += piece.size();
    if (unknown_ >= 0 && !out.after_unknown) out.ids.push_back(unknown_);  // a run of unknown characters is one token
    out.after_unknown = true;
}

void sentencepiece::append_bytes(token_id id, std::string& out) const {
    const auto name = words_.name(id);
    if (words_.type(id) == token_type::byte) {
        out += static_cast<char>(static_cast<unsigned char>(byte_of_name(name)));
        return;
    }
    append_unmarked(name, out);
}

}  // namespace

result<std::unique_ptr<algorithm>> make_sentencepiece(description d, const loading&) {
    auto model = std::make_unique<sentencepiece>(std::move(d.words));
    if (auto ok = model->load(d); !ok) return std::move(ok).error();
    return std::unique_ptr<algorithm>(std::move(model));
}

}  // namespace plume::text
