#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <plume/core/result.hpp>
#include <plume/sampling/options.hpp>

namespace plume {

/// Chooses tokens from logits by a chain: logit bias, penalties, temperature, top-k, top-p, min-p, then one draw.
/// The same options, history and logits give the same token everywhere: Philox counter-based random numbers, own exp, ties by token id. One-at-a-time.
class sampler {
public:
    /// invalid_argument for a value out of its range (NaN included), with option, range and value. `V` is the vocabulary's size,
    /// `seed` the key of the random numbers.
    static result<sampler> make(const sampling_options& options, std::size_t V, std::uint64_t seed);
    sampler(sampler&&) noexcept;
    sampler& operator=(sampler&&) noexcept;
    ~sampler();

    /// A token that counts as seen by the penalties: of the prompt, or one that sample() gave.
    void accept(token_id token);

    /// The next token; logits [V] are not changed. not_finite when one is NaN or infinite, naming the token; invalid_argument when every token is forbidden.
    /// Allocates nothing. Draw number n uses counter n, whatever happened between.
    [[nodiscard]] result<token_id> sample(std::span<const float> logits);

private:
    struct state;
    explicit sampler(std::unique_ptr<state> s) noexcept;
    std::unique_ptr<state> state_;
};

}  // namespace plume
