#pragma once

namespace plume::text {

// What the normalisers of the library `tokenizers` ask of a code point; see tools/make_normaliser_tables.py for the versions of Unicode.

[[nodiscard]] bool     is_mark(char32_t point) noexcept;              // a combining mark: StripAccents
[[nodiscard]] bool     is_bert_mark(char32_t point) noexcept;         // one that takes no room: BERT's accents
[[nodiscard]] bool     is_bert_removed(char32_t point) noexcept;      // control, format and private characters, U+0000 and U+FFFD
[[nodiscard]] bool     is_bert_punctuation(char32_t point) noexcept;  // ASCII's symbols too
[[nodiscard]] bool     is_bert_cjk(char32_t point) noexcept;          // gets spaces around it
[[nodiscard]] char32_t lower_of(char32_t point) noexcept;             // the first character; U+0130 becomes i and U+0307

}  // namespace plume::text
