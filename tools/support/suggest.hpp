#pragma once

#include <span>
#include <string>
#include <string_view>

namespace plume::tool {

/// ", did you mean 'run'?" for a word close to one that is known; empty otherwise.
[[nodiscard]] std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace plume::tool
