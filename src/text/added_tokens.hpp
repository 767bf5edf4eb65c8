#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "src/text/description.hpp"
#include "src/text/matcher.hpp"

namespace plume::text {

/// Finds added tokens in a text, with their rules about what stands beside them.
class added_tokens {
public:
    struct named {
        std::string_view text;  // not empty
        added_token      token;
    };

    added_tokens() = default;
    explicit added_tokens(std::span<const named> tokens);

    /// Cuts `text` into stretches and tokens: calls stretch(begin, end) and token(id), in order. No stretch is empty. Linear in the text.
    template <class Stretch, class Token>
    void cut(std::string_view text, Stretch&& stretch, Token&& token) const {
        std::size_t done = 0;
        if (!matcher_.empty())
            for (const auto& m : matcher_.find(text, [this](token_id id) { return rule_of(id).size; })) {
                const auto found = widened(text, m, done);
                if (!found.counts) continue;
                if (found.begin > done) stretch(done, found.begin);
                token(m.id);
                done = found.end;
            }
        if (done < text.size()) stretch(done, text.size());
    }

    [[nodiscard]] bool        empty() const noexcept { return matcher_.empty(); }
    [[nodiscard]] std::size_t allocated_bytes() const noexcept { return matcher_.allocated_bytes() + rules_.capacity() * sizeof(rules_[0]); }

private:
    struct rule {
        token_id      id;
        std::uint32_t size;  // bytes of its text
        bool          lstrip, rstrip, single_word;
    };
    struct place {
        std::size_t begin, end;
        bool        counts;
    };
    [[nodiscard]] const rule& rule_of(token_id id) const noexcept;
    /// The place that a match takes, where `done` bytes are taken already.
    [[nodiscard]] place widened(std::string_view text, const matcher::match& m, std::size_t done) const noexcept;

    matcher           matcher_;
    std::vector<rule> rules_;  // by id
};

}  // namespace plume::text
