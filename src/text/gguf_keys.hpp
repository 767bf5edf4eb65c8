#pragma once

#include <string>

#include <plume/core/result.hpp>
#include <plume/io/gguf_header.hpp>

namespace plume::text {

/// Writes the keys `tokenizer.*` of a GGUF file that mean what a folder's tokenizer files say; false where there are none, or the format has no keys for what
/// they say (a tokenizer.json of another kind than byte-level BPE without a tokenizer.model beside it). `n_rows`: of the embedding; what the vocabulary lacks
/// is filled with unused tokens, as other programs want it.
[[nodiscard]] result<bool> write_gguf_keys(const std::string& folder, std::size_t n_rows, io::gguf_header& header);

}  // namespace plume::text
