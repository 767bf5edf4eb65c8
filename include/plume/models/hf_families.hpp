#pragma once

#include <plume/models/hf_cohere2.hpp>
#include <plume/models/hf_exaone4.hpp>
#include <plume/models/hf_falcon.hpp>
#include <plume/models/hf_gemma.hpp>
#include <plume/models/hf_glm4.hpp>
#include <plume/models/hf_gpt2.hpp>
#include <plume/models/hf_gpt_oss.hpp>
#include <plume/models/hf_gptneox.hpp>
#include <plume/models/hf_granite.hpp>
#include <plume/models/hf_llama.hpp>
#include <plume/models/hf_mistral3.hpp>
#include <plume/models/hf_olmo.hpp>
#include <plume/models/hf_phi3.hpp>
#include <plume/models/hf_qwen.hpp>
#include <plume/models/hf_smollm3.hpp>
#include <plume/models/hf_stablelm.hpp>
#include <plume/models/hf_starcoder2.hpp>

namespace plume::models {

/// THE LIST of Hugging Face classes whose folders are read. Whether a model then runs, the list of architectures says.
inline constexpr const hf_family* hf_families[] = {&hf_llama,
                                                   &hf_mistral,
                                                   &hf_mixtral,
                                                   &hf_qwen2,
                                                   &hf_qwen3,
                                                   &hf_qwen2_moe,
                                                   &hf_qwen3_moe,
                                                   &hf_gemma,
                                                   &hf_gemma2,
                                                   &hf_gemma3,
                                                   &hf_phi3,
                                                   &hf_smollm3,
                                                   &hf_granite,
                                                   &hf_olmo2,
                                                   &hf_olmo3,
                                                   &hf_glm4,
                                                   &hf_cohere2,
                                                   &hf_exaone4,
                                                   &hf_starcoder2,
                                                   &hf_stablelm,
                                                   &hf_gpt2,
                                                   &hf_mistral3,
                                                   &hf_mistral3_seeing_mistral,
                                                   &hf_mistral3_seeing,
                                                   &hf_gpt_oss,
                                                   &hf_gptneox,
                                                   &hf_falcon_multi_query,
                                                   &hf_falcon_multi_head,
                                                   &hf_falcon_grouped,
                                                   &hf_granitemoe,
                                                   &hf_granitemoe_shared};

}  // namespace plume::models
