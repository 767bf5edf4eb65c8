#include <algorithm>

#include <plume/core/utf8.hpp>

#include "src/text/algorithm.hpp"
#include "src/text/normaliser_sets.hpp"
#include "src/text/piece_trie.hpp"
#include "src/text/space_mark.hpp"
#include "src/text/unicode_class.hpp"

namespace plume::text {
namespace {

/// WordPiece: a text is cut into words at white space and punctuation, and each word into the longest pieces from the left; a word that does not work out,
/// or is too long, is one unknown token. Source: Wu et al., "Google's Neural Machine Translation System", 2016, section 4.1; Devlin et al., "BERT", 2018.
class wordpiece final : public algorithm {
public:
    using algorithm::algorithm;
    result<void> load(const description& d);

    void encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const override;
    void append_bytes(token_id id, std::string& out) const override;

    std::string_view kind() const noexcept override { return "WordPiece"; }
    std::string_view pretokenizer() const noexcept override { return {}; }
    bool             adds_space() const noexcept override { return true; }
    std::size_t      allocated_bytes() const noexcept override {
        return sizeof(*this) + words_.allocated_bytes() + first_.allocated_bytes() + later_.allocated_bytes();
    }

private:
    void encode_word(std::string_view word, workspace& work, std::vector<token_id>& ids) const;

    piece_trie  first_, later_;  // pieces that begin a word, and those that continue one, without their marks
    std::string continuing_;     // what the names of the latter begin with; empty where a mark stands before the others
    std::size_t max_characters_ = 100;
    token_id    unknown_        = -1;
};

result<void> wordpiece::load(const description& d) {
    unknown_        = d.unknown;
    continuing_     = d.continuing_prefix;
    max_characters_ = d.max_word_characters;
    if (auto ok = words_.build_index(d.from); !ok) return ok;
    std::vector<piece_trie::piece> first, later;
    for (token_id id = 0; words_.has(id); ++id) {
        const auto name = words_.name(id);
        if (words_.type(id) != token_type::normal || name.empty()) continue;
        if (continuing_.empty()) {
            if (name.starts_with(space_mark))
                first.push_back({name.substr(space_mark.size()), id});
            else
                later.push_back({name, id});
        } else {
            first.push_back({name, id});
            if (name.starts_with(continuing_)) later.push_back({name.substr(continuing_.size()), id});
        }
    }
    for (auto* list : {&first, &later}) {
        const auto fault = (list == &first ? first_ : later_).build(*list);
        if (fault == piece_trie::fault::too_many_nodes)
            return d.from.fault(code::format_limit, "has more text than the limit max_nodes of a trie").about("key", d.from.tokens);
        if (fault == piece_trie::fault::collisions)
            return d.from.fault(code::format_invalid, "has texts made to collide in every hash function").about("key", d.from.tokens);
    }
    return {};
}

void wordpiece::encode(std::string_view text, workspace& work, std::vector<token_id>& ids) const {
    std::size_t begin = 0;
    const auto  word  = [&](std::size_t end) {
        if (end > begin) encode_word(text.substr(begin, end - begin), work, ids);
    };
    for (std::size_t i = 0; i < text.size();) {
        const auto c     = utf8::decode_one(text.substr(i));
        const bool space = class_of(c.code_point) == unicode_class::space;
        if (space || is_bert_punctuation(c.code_point)) {
            word(i);
            begin = i;
            if (!space) word(i + c.size);
            begin = i + c.size;
        }
        i += c.size;
    }
    word(text.size());
}

void wordpiece::encode_word(std::string_view word, workspace& work, std::vector<token_id>& ids) const {
    const auto before = ids.size();
    bool       good   = utf8::count(word) <= max_characters_;
    for (std::size_t at = 0; good && at < word.size();) {
        const auto piece = (at == 0 ? first_ : later_).longest(word.substr(at));
        good             = piece.id >= 0;
        if (good) ids.push_back(piece.id);
        at += piece.size;
    }
    if (good) return;
    ids.resize(before);
    if (unknown_ >= 0)
        ids.push_back(unknown_);
    else
        work.n_left_out += word.size();
}

/// A piece that begins a word has a space before it.
void wordpiece::append_bytes(token_id id, std::string& out) const {
    auto       name   = words_.name(id);
    const auto prefix = continuing_.empty() ? space_mark : std::string_view(continuing_);
    const bool marked = name.starts_with(prefix) && words_.type(id) == token_type::normal;
    if (marked) name.remove_prefix(prefix.size());
    if (marked == continuing_.empty()) out += ' ';
    out += name;
}

}  // namespace

result<std::unique_ptr<algorithm>> make_wordpiece(description d, const loading&) {
    auto model = std::make_unique<wordpiece>(std::move(d.words));
    if (auto ok = model->load(d); !ok) return std::move(ok).error();
    return std::unique_ptr<algorithm>(std::move(model));
}

}  // namespace plume::text
