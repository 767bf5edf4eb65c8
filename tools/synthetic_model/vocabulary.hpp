#pragma once

#include <cstdint>
#include <string>

#include <plume/core/result.hpp>

#include "header.hpp"

namespace plume::tool::synthetic {

/// Copies all tokenizer.* entries of a GGUF file. Where it has fewer than V tokens, unused ones fill the list; with more it is an error.
[[nodiscard]] result<void> copy_vocabulary(metadata& to, const std::string& path, std::uint64_t V);

/// A byte-level BPE vocabulary of V tokens, at least 259: the bytes, then all strings of a space and small letters, the shorter first,
/// each merged of the string without its last letter and that letter; at last a begin, an end and an end-of-turn token.
void make_vocabulary(metadata& to, std::uint64_t V);

}  // namespace plume::tool::synthetic
