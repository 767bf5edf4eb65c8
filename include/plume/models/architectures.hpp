#pragma once

#include <array>

#include <plume/models/llama.hpp>

namespace plume::models {

/// THE LIST of architectures that run.
inline constexpr std::array architectures = {
    &llama,
};

}  // namespace plume::models
