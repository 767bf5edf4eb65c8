#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "src/text/description.hpp"

namespace plume::text {

/// What added tokens ask of the text beside them. Few vocabularies have such rules; without one a token takes its own bytes.
class token_rules {
public:
    void add(const added_token& token);  // in the order of ids; kept where it has a rule

    struct progress {
        std::size_t done       = 0;  // bytes of the text that have their tokens
        std::size_t spaces_end = 0;  // of the last run of white space that was looked at
    };
    struct place {
        std::size_t begin, end;
        bool        counts;
    };
    /// The place that a token of `size` bytes found at `begin` takes in `text`, and `at` behind it; tokens come in the order of the text. In all calls for a
    /// text together each of its characters is looked at a bounded number of times.
    [[nodiscard]] place widened(std::string_view text, std::size_t begin, std::size_t size, token_id id, progress& at) const noexcept;

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return rules_.capacity() * sizeof(rules_[0]); }

private:
    std::vector<added_token> rules_;  // by id
};

}  // namespace plume::text
