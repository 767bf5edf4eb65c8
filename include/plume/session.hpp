#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>

#include <plume/core/dtype.hpp>
#include <plume/core/result.hpp>
#include <plume/model.hpp>

namespace plume {

struct call_options {
    std::stop_token                   stop{};         // honoured within 50 ms
    std::function<bool(double share)> on_progress{};  // share of the tokens done; false stops
};

/// One conversation with a model: the tokens so far and their keys and values. Move-only, one-at-a-time; it keeps its model alive.
/// After an error or a stop it holds what it held before the call, unless a function says otherwise. No function but fork allocates big memory;
/// decode allocates nothing.
class session {
public:
    session(session&&) noexcept;
    session& operator=(session&&) noexcept;
    ~session();

    [[nodiscard]] const plume::model&       model() const noexcept;
    [[nodiscard]] std::size_t               context_tokens() const noexcept;  // room in all; 0 once moved from
    [[nodiscard]] std::span<const token_id> tokens() const noexcept;          // held, in order

    /// Adds tokens (at least one) and returns the logits [V] that follow the last. The view lives until the next call on this session.
    /// context_full when they do not fit, with both numbers; token_out_of_range; not_finite when the model computes no number; cancelled.
    result<std::span<const float>> prefill(std::span<const token_id> tokens, const call_options& options = {});

    /// prefill of one token: the step of generation.
    result<std::span<const float>> decode(token_id token, const call_options& options = {});

    /// Adds tokens and hands out the logits [V] after each of them, in order; false from `on_logits` stops (cancelled).
    result<void> score(std::span<const token_id> tokens, const std::function<bool(std::size_t index, std::span<const float> logits)>& on_logits,
                       const call_options& options = {});

    /// Holds a token that is computed with the next prefill or decode: what generate does with the last token it hands out.
    result<void> append(token_id token);

    /// Keeps the first n tokens and forgets the rest; invalid_argument when there are fewer.
    result<void> rewind(std::size_t n);
    void         reset() noexcept;  // rewind(0)

    /// A copy that goes its own way: same tokens, own memory (checked against what is available, as new_session does).
    [[nodiscard]] result<session> fork() const;

    [[nodiscard]] std::size_t allocated_bytes() const noexcept;  // cache and scratch

    struct state;
    explicit session(std::unique_ptr<state> s) noexcept;

private:
    std::unique_ptr<state> state_;
};

}  // namespace plume
