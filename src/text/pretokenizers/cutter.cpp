#include "src/text/pretokenizers/cutter.hpp"

namespace plume::text {

std::optional<cutter> cutter::make(std::span<const std::string_view> patterns) {
    if (patterns.size() > max_steps) return {};
    cutter out;
    for (const auto pattern : patterns) {
        out.steps_.emplace_back();
        out.steps_.back().special = find_special_step(pattern);
        if (out.steps_.back().special != nullptr) continue;
        auto cuts = machine::make(pattern);
        if (!cuts) return {};
        out.steps_.back().cuts = *std::move(cuts);
    }
    return out;
}

/// The next match, or an empty one at the end.
void cutter::step::find(std::string_view text, std::size_t from, step_memory& memory) const noexcept {
    for (std::size_t i = from; i < text.size(); i = next_character(text, i))
        if (const auto end = cuts.match(text, i); end != machine::no_match) {
            memory = {i, end, 0};
            return;
        }
    memory = {text.size(), text.size(), 0};
}

std::size_t cutter::allocated_bytes() const noexcept {
    std::size_t bytes = steps_.capacity() * sizeof(step);
    for (const auto& s : steps_) bytes += s.cuts.allocated_bytes();
    return bytes;
}

}  // namespace plume::text
