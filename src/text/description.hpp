#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/dtype.hpp>
#include <plume/core/error.hpp>
#include <plume/text/pretokenizers.hpp>

#include "src/text/vocabulary.hpp"

namespace plume::text {

/// How a tokenizer makes tokens of a piece of text. THE LIST of algorithms (algorithm.hpp) has one entry for each.
enum class model_kind : std::uint8_t { sentencepiece, byte_level };

/// What a tokenizer file says, whatever kind of file it is: a reader a kind of file fills it (describe_*.cpp), and make_tokenizer() builds the tables from it.
/// Its views of texts point into the file's bytes, which must outlive it.
struct description {
    origin     from;
    model_kind kind = model_kind::sentencepiece;
    vocabulary words;  // without its index

    std::vector<float>            scores;                   // by id: of SentencePiece kinds
    std::vector<std::string_view> merges;                   // "LEFT RIGHT", the first one first: of byte-level BPE
    const pretokenizer*           pre           = nullptr;  // of byte-level BPE
    bool                          ignore_merges = false;    // a piece that is a token becomes it, whatever the merges say
    bool                          adds_space    = false;    // before each stretch of text

    token_id              unknown = -1;  // as the file names it; see find_unknown
    token_id              bos = -1, eos = -1;
    std::vector<token_id> ends;             // other tokens that the file says end an answer
    bool                  add_bos = false;  // encode begins with BOS
};

/// The token for what the vocabulary cannot say: the one that the file names, or the first of that type; -1 where there is none.
/// A control token is never it, whatever the file names: text must not become one.
[[nodiscard]] token_id find_unknown(const description& d) noexcept;

}  // namespace plume::text
