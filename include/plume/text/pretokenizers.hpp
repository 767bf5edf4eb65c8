#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace plume::text {

/// How byte-level BPE cuts a text into pieces before merging; no merge crosses a cut. The originals are regular expressions; each is a linear scanner here.
struct pretokenizer {
    std::span<const std::string_view> names;  // values of `tokenizer.ggml.pre`; the first is the name it is known by
    /// Where the piece that begins at `begin` ends. `text` is valid UTF-8, begin < text.size().
    std::size_t (*piece_end)(std::string_view text, std::size_t begin) noexcept;
    bool ignore_merges;  // a piece that is a token becomes it, whatever the merges say
    bool adds_bos;       // where the file does not say
};

/// THE LIST.
[[nodiscard]] std::span<const pretokenizer> pretokenizers() noexcept;
/// Null when the name is not in the list.
[[nodiscard]] const pretokenizer* find_pretokenizer(std::string_view name) noexcept;

}  // namespace plume::text
