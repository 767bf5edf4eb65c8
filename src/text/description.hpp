#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>
#include <plume/core/error.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/normaliser.hpp"
#include "src/text/vocabulary.hpp"

namespace plume::text {

/// How a tokenizer makes tokens of a piece of text. THE LIST of algorithms (algorithm.hpp) has one entry for each.
enum class model_kind : std::uint8_t { sentencepiece, byte_level, character_bpe, unigram, wordpiece };

/// Two tokens that merge. Files that write a merge as one text, "LEFT RIGHT", have that in `left`: it is taken apart where it is looked up, on all threads.
struct merge_text {
    std::string_view left, right;
    bool             joined = false;
};

/// A token beside the model's own, which is found in a text before anything else is done to it. Whether only a trusted text may name it says its type in
/// the vocabulary: control or unknown, not user_defined.
struct added_token {
    token_id id          = -1;
    bool     lstrip      = false;  // takes the white space before it, too
    bool     rstrip      = false;  // and that behind it
    bool     single_word = false;  // counts only where no letter, number or such stands beside it
    bool     normalized  = false;  // looked for in the text as the normaliser leaves it
};

/// Whether a stretch of text gets a space at its front.
enum class prefix_rule : std::uint8_t { never, always, unless_there };

/// How spaces become visible characters before the algorithm sees a text.
struct space_marking {
    prefix_rule prefix     = prefix_rule::never;
    bool        first_only = false;  // the prefix is for the stretch that begins the text
    bool        marks      = false;  // a space becomes U+2581
    bool        normalises = false;  // done before normalised added tokens are looked for, not behind

    [[nodiscard]] bool nothing() const noexcept { return prefix == prefix_rule::never && !marks; }
};

/// What a tokenizer file says, whatever kind of file it is: a reader a kind of file fills it (describe_*.cpp), and make_tokenizer() builds the tables from it.
/// Its views of texts point into the file's bytes, which must outlive it.
struct description {
    origin     from;
    model_kind kind = model_kind::sentencepiece;
    vocabulary words;  // without its index

    std::vector<float>      scores;                    // by id: of SentencePiece kinds
    std::vector<double>     precise_scores;            // by id: of Unigram where tokenizers' arithmetic counts, not SentencePiece's
    std::vector<merge_text> merges;                    // the first one first: of byte-level and character BPE
    const pretokenizer*     pre            = nullptr;  // of byte-level BPE
    bool                    merges_by_rank = false;    // byte-level BPE without `merges`: a pair merges where it makes a token, the lowest id first
    bool                    ignore_merges  = false;    // a piece that is a token becomes it, whatever the merges say
    bool                    byte_fallback  = false;    // character BPE: a character without a token becomes the tokens of its bytes, "<0x41>"
    bool                    fuse_unknown   = false;    // character BPE: unknown characters side by side make one token
    bool                    splits_marks   = false;    // character BPE: a piece begins at every U+2581, and no merge crosses its front

    bool        splits_spaces = false;      // Unigram: words are what white space parts, and each gets a mark; see unigram_tokenizer.cpp
    std::string continuing_prefix;          // WordPiece: what the names of pieces within a word begin with; empty: U+2581 is before those that begin one
    std::size_t max_word_characters = 100;  // WordPiece: a longer word is unknown

    std::shared_ptr<const normaliser> normal;                 // done to each stretch of text between added tokens, before `spaces`; may be null
    bool                              normal_marks = false;   // SentencePiece kinds: `normal` has made marks of spaces already
    std::shared_ptr<const piece_trie> symbols;                // SentencePiece BPE: the inner ones; may be null
    bool                              inner_symbols = false;  // SentencePiece kinds: user-defined tokens are found by the algorithm; see is_inner
    bool                              adds_space    = false;  // SentencePiece: before each stretch of text; others: decoding takes one off
    space_marking                     spaces;                 // done before the algorithm sees the text

    std::vector<added_token> added;                // of files that list them; else every control, unknown and user-defined token is one, and this has the
    bool                     lists_added = false;  // rules of those that have any

    token_id              unknown = -1;  // as the file names it; see find_unknown
    token_id              bos = -1, eos = -1;
    std::vector<token_id> ends;             // other tokens that the file says end an answer
    bool                  add_bos = false;  // encode begins with BOS
    std::vector<token_id> prefix, suffix;   // what else encode puts around a text where it is asked to: before it, behind BOS, and at its end
    std::string           chat_template;    // the source of the template that the file carries; empty where there is none
};

/// The token for what the vocabulary cannot say: the one that the file names, or the first of that type; -1 where there is none.
/// A control token is never it, whatever the file names: text must not become one.
[[nodiscard]] token_id find_unknown(const description& d) noexcept;

}  // namespace plume::text
