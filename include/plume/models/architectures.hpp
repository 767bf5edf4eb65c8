#pragma once

#include <plume/models/chatglm.hpp>
#include <plume/models/cohere2.hpp>
#include <plume/models/command_r.hpp>
#include <plume/models/ernie4_5.hpp>
#include <plume/models/exaone4.hpp>
#include <plume/models/falcon.hpp>
#include <plume/models/gemma.hpp>
#include <plume/models/gemma2.hpp>
#include <plume/models/gemma3.hpp>
#include <plume/models/glm4.hpp>
#include <plume/models/gpt2.hpp>
#include <plume/models/gpt_oss.hpp>
#include <plume/models/gptneox.hpp>
#include <plume/models/granite.hpp>
#include <plume/models/granitemoe.hpp>
#include <plume/models/llama.hpp>
#include <plume/models/mistral3.hpp>
#include <plume/models/olmo2.hpp>
#include <plume/models/olmoe.hpp>
#include <plume/models/phi2.hpp>
#include <plume/models/phi3.hpp>
#include <plume/models/qwen2.hpp>
#include <plume/models/qwen2moe.hpp>
#include <plume/models/qwen3.hpp>
#include <plume/models/qwen3moe.hpp>
#include <plume/models/seed_oss.hpp>
#include <plume/models/smollm3.hpp>
#include <plume/models/stablelm.hpp>
#include <plume/models/starcoder2.hpp>

namespace plume::models {

/// THE LIST of architectures that run, one a line: as GGUF files and as the Hugging Face folders that their recipes describe.
// clang-format off
inline constexpr const recipe* architectures[] = {
    &chatglm,
    &cohere2,
    &command_r,
    &ernie4_5,
    &exaone4,
    &falcon,
    &gemma,
    &gemma2,
    &gemma3,
    &glm4,
    &gpt2,
    &gpt_oss,
    &gptneox,
    &granite,
    &granitemoe,
    &llama,
    &mistral3,
    &olmo2,
    &olmoe,
    &phi2,
    &phi3,
    &qwen2,
    &qwen2moe,
    &qwen3,
    &qwen3moe,
    &seed_oss,
    &smollm3,
    &stablelm,
    &starcoder2,
};
// clang-format on

}  // namespace plume::models
