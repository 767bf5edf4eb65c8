#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace plume::text {

/// What is done to a text before it is cut.
enum class normal_form : std::uint8_t { none, nfc };

/// How byte-level BPE cuts a text into pieces before merging; no merge crosses a cut. The patterns are those of the publishers, with Oniguruma's meaning;
/// each cuts what the one before it left, into its matches and what lies between them.
struct pretokenizer {
    std::span<const std::string_view> names;                  // values of `tokenizer.ggml.pre`; the first is the name it is known by
    std::span<const std::string_view> patterns;               // in order
    bool                              ignore_merges = false;  // a piece that is a token becomes it, whatever the merges say
    bool                              adds_bos      = false;  // where the file does not say
    normal_form                       normal        = normal_form::none;
};

/// THE LIST.
[[nodiscard]] std::span<const pretokenizer> pretokenizers() noexcept;
/// Null when the name is not in the list.
[[nodiscard]] const pretokenizer* find_pretokenizer(std::string_view name) noexcept;
/// The first entry that cuts by these patterns in this order: the texts of a tokenizer.json's Split steps. A step of another kind stands there by the
/// pattern that does the same: ByteLevel with use_regex by GPT-2's, Digits by \p{N} or \p{N}+, or behind ByteLevel, where it sees the names of bytes, by
/// bytes:\p{N}+; Punctuation (contiguous) by [!-/:-@\[-`{-~\p{P}]+. Null when there is none.
[[nodiscard]] const pretokenizer* find_pretokenizer_by_patterns(std::span<const std::string_view> patterns) noexcept;

}  // namespace plume::text
