#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace plume {

/// Facts that are not errors and that a person may want to know.
enum class notice : std::int32_t {
    context_above_models = 1,  // the session's context is larger than the one the model was trained with
    text_replaced        = 2,  // invalid UTF-8 became U+FFFD; the text gives the offset of the first bad byte
    no_end_token         = 3,  // the vocabulary names no end of sequence: generation stops only at the limit
    vocabulary_odd       = 4,  // the vocabulary lacks something usual; what was assumed instead
};

/// Called on the thread that made the call; an exception from it passes through unchanged.
using notice_fn = std::function<void(notice, std::string_view text)>;

}  // namespace plume
