#pragma once

#include <cstddef>
#include <string_view>

namespace plume::text {

/// What a step remembers between two pieces of one stretch, so that no character is looked at again and again.
struct step_memory {
    std::size_t begin = 0, end = 0;  // machines: the next match; groups of digits: the place in a run and its end
    std::size_t left = 0;            // groups of digits: how many from `begin` to `end`
};

/// Steps that no machine of finite states can do in one pass, because they count from the end of a run or look at all of it. The piece that begins at
/// `begin` ends where the function says. The text ends with the stretch; begin < text.size().
struct special_step {
    std::string_view pattern;
    std::size_t (*piece_end)(std::string_view text, std::size_t begin, step_memory& memory) noexcept;
};

/// Null when the pattern is for a machine.
[[nodiscard]] const special_step* find_special_step(std::string_view pattern) noexcept;

}  // namespace plume::text
