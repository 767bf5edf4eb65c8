#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <plume/core/dtype.hpp>

namespace plume {

/// How the next token is chosen. The defaults are greedy; every field has a neutral value that switches it off.
struct sampling_options {
    float                                   temperature       = 0.0f;  // 0: greedy (the most likely token, ties by the lower id); from 0 on
    std::int32_t                            top_k             = 0;     // keep the k most likely; 0: all
    float                                   top_p             = 1.0f;  // keep the fewest tokens whose probabilities reach p; (0, 1]
    float                                   min_p             = 0.0f;  // keep those with at least min_p times the most likely one's probability; [0, 1]
    float                                   repeat_penalty    = 1.0f;  // divides positive and multiplies negative logits of tokens seen; above 0
    float                                   frequency_penalty = 0.0f;  // subtracted once for every time a token was seen
    float                                   presence_penalty  = 0.0f;  // subtracted once from every token seen
    std::int32_t                            penalty_window    = 64;    // how many of the last tokens count as seen, up to 1,048,576; -1: all
    std::vector<std::pair<token_id, float>> logit_bias        = {};    // added to the token's logit; -infinity forbids it
};

}  // namespace plume
