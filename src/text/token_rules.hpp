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

    struct place {
        std::size_t begin, end;
        bool        counts;
    };
    /// The place that a token of `size` bytes found at `begin` takes in `text`, of which `done` bytes are taken already. In all calls for a text together
    /// each of its characters is looked at a bounded number of times.
    [[nodiscard]] place widened(std::string_view text, std::size_t begin, std::size_t size, token_id id, std::size_t done) const noexcept;

    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return rules_.capacity() * sizeof(rules_[0]); }

private:
    std::vector<added_token> rules_;  // by id
};

}  // namespace plume::text
