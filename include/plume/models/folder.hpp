#pragma once

#include <string>

#include <plume/core/result.hpp>
#include <plume/io/gguf.hpp>

namespace plume {

/// A model's file: a GGUF file (all parts of a split one), or a Hugging Face folder (config.json and *.safetensors) that is shown as if it were one: the same
/// keys, tensor names and layouts, made while they are read, so that everything which takes the one takes the other. Weights keep their type (F32, F16,
/// BF16, MXFP4); vectors become F32. Errors: as io::gguf::open and io::safetensors::open; format_unsupported for a class, a mechanism or an element type that
/// is not read, with those that are; format_invalid for config.json, with the key, what it must be and what it is.
/// `with_text`: also the keys of a folder's tokenizer, where GGUF has keys for it; else tokenizer.ggml.model is "none" (tokenizer::from_folder reads it all).
[[nodiscard]] result<io::gguf> open_model_file(const std::string& path, io::gguf_options options = {}, bool with_text = false);

/// Whether a folder holds a tokenizer's file (tokenizer.json, tekken.json, tokenizer.model), which tokenizer::from_folder reads.
[[nodiscard]] bool has_tokenizer(const std::string& folder);

/// Whether a path names a folder.
[[nodiscard]] bool is_folder(const std::string& path) noexcept;

}  // namespace plume
