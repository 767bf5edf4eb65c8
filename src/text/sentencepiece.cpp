#include <array>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include <plume/core/utf8.hpp>

#include "src/system.hpp"
#include "src/text/algorithm.hpp"

namespace plume::text {
namespace {

constexpr std::string_view mark = "\xe2\x96\x81";  // U+2581, SentencePiece's space

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
    struct output {
        std::vector<token_id>&                    ids;
        std::unordered_map<token_id, std::size_t> halves;  // unused piece: bytes of its left half, as SentencePiece remembers it
        std::size_t&                              n_left_out;
        bool                                      after_unknown = false;
    };

    result<void> load_ranks(const description& d);
    result<void> load_bytes(const origin& from);
    void         find_word_starts() noexcept;
    void         encode_word(std::string_view word, workspace& work, output& out) const;
    void         emit(std::string_view piece, output& out) const;
    void         emit_unknown(std::string_view piece, output& out) const;

    std::vector<std::uint32_t> ranks_;  // by id: 0 for the highest score; equal scores share a rank
    std::array<token_id, 256>  bytes_{};
    token_id                   unknown_    = -1;
    bool                       adds_space_ = true;
    bool                       has_bytes_  = false;
    bool                       cuts_words_ = false;  // no piece has a space behind another character: words can be merged one by one
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

/// "<0x41>" is 65; -1 for anything else. The digits are upper case, as SentencePiece writes them: one name a byte.
int byte_of_name(std::string_view name) noexcept {
    const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
    if (name.size() != 6 || name.substr(0, 3) != "<0x" || name[5] != '>') return -1;
    const int high = digit(name[3]), low = digit(name[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

result<void> sentencepiece::load_bytes(const origin& from) {
    bytes_.fill(-1);
    std::size_t n_bytes = 0;
    for (token_id id = 0; words_.has(id); ++id) {
        const int byte = byte_of_name(words_.name(id));
        if (!words_.types_given() && byte >= 0 && words_.type(id) == token_type::normal) words_.set_type(id, token_type::byte);
        if (words_.type(id) != token_type::byte) continue;
        const auto subject = element_of(from.tokens, static_cast<std::size_t>(id));
        if (byte < 0)
            return from.fault(code::format_invalid, "is a byte token whose name is no byte")
                .about("key", subject)
                .expected_found("<0x00> to <0xFF>", words_.name(id));
        if (bytes_[static_cast<std::size_t>(byte)] >= 0) return from.fault(code::format_invalid, "is a second token for one byte").about("key", subject);
        bytes_[static_cast<std::size_t>(byte)] = id;
        ++n_bytes;
    }
    has_bytes_ = n_bytes == bytes_.size();
    return {};
}

void sentencepiece::find_word_starts() noexcept {
    cuts_words_ = true;
    for (token_id id = 0; words_.has(id); ++id) {
        if (!words_.mergeable(id)) continue;
        auto rest = words_.name(id);
        while (rest.starts_with(mark)) rest.remove_prefix(mark.size());
        if (rest.find(mark) != std::string_view::npos) cuts_words_ = false;
    }
}

result<void> sentencepiece::load(const description& d) {
    adds_space_ = d.adds_space;
    unknown_    = d.unknown;
    if (auto ok = load_ranks(d); !ok) return ok;
    if (auto ok = load_bytes(d.from); !ok) return ok;
    if (auto ok = words_.build_index(d.from); !ok) return ok;
    find_word_starts();
    return {};
}

void sentencepiece::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    std::string marked;
    marked.reserve(text.size() + text.size() / 4 + mark.size());
    if (adds_space_) marked += mark;
    for (const char c : text) {
        if (c == ' ')
            marked += mark;
        else
            marked += c;
    }
    output                 out{ids, {}, work.n_left_out};
    const std::string_view all = marked;
    if (!cuts_words_) return encode_word(all, work, out);
    for (std::size_t begin = 0; begin < all.size();) {
        std::size_t end = begin;
        while (all.substr(end).starts_with(mark)) end += mark.size();
        end = std::min(all.find(mark, end), all.size());
        encode_word(all.substr(begin, end - begin), work, out);
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
    if (has_bytes_) {
        for (const char c : piece) out.ids.push_back(bytes_[static_cast<unsigned char>(c)]);
        return;
    }
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
    for (std::size_t i = 0; i < name.size();) {
        const bool space = name.substr(i).starts_with(mark);
        out += space ? ' ' : name[i];
        i += space ? mark.size() : 1;
    }
}

}  // namespace

result<std::unique_ptr<algorithm>> make_sentencepiece(description d, const loading&) {
    auto model = std::make_unique<sentencepiece>(std::move(d.words));
    if (auto ok = model->load(d); !ok) return std::move(ok).error();
    return std::unique_ptr<algorithm>(std::move(model));
}

}  // namespace plume::text
