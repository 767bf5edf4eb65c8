#pragma once

#include <plume/models/hf_gemma3.hpp>
#include <plume/models/hf_llama.hpp>
#include <plume/models/hf_qwen.hpp>

namespace plume::models {

/// THE LIST of Hugging Face classes whose folders are read. Whether a model then runs, the list of architectures says.
inline constexpr const hf_family* hf_families[] = {&hf_llama, &hf_mistral, &hf_qwen2, &hf_qwen3, &hf_gemma3};

}  // namespace plume::models
