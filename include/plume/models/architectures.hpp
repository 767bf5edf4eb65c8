#pragma once

#include <plume/models/llama.hpp>

namespace plume::models {

/// THE LIST of architectures that run.
inline constexpr const recipe* architectures[] = {
    &llama,
};

}  // namespace plume::models
