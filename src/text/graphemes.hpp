#pragma once

#include <cstddef>
#include <string_view>

namespace plume::text {

/// The end of the extended grapheme cluster that begins at `begin` of `text`, which is valid UTF-8: what a person calls a character. Reads the cluster and one
/// character. Source: Unicode Standard Annex 29 of Unicode 17, rules GB3 to GB13.
[[nodiscard]] std::size_t grapheme_end(std::string_view text, std::size_t begin) noexcept;

}  // namespace plume::text
