#include <plume/session.hpp>

#include <algorithm>

#include "guard.hpp"
#include "model_parts.hpp"
#include "system.hpp"

namespace plume {

struct session::state {
    plume::model          model;
    session_options       options;  // settled
    kv::cache             cache;
    plume::scratch        scratch;
    std::vector<token_id> tokens;        // held; capacity is the context's
    std::size_t           computed = 0;  // of them, the first ones, have keys and values

    state(plume::model m, session_options o, kv::cache c, plume::scratch s)
        : model(std::move(m)), options(std::move(o)), cache(std::move(c)), scratch(std::move(s)) {
        tokens.reserve(options.context_tokens);
    }
};

namespace {

/// Gives `tokens` back the length it had, unless told to keep it: an exception of a callback counts as a stop.
class rollback {
public:
    explicit rollback(std::vector<token_id>& tokens) : tokens_(tokens), length_(tokens.size()) {}
    rollback(const rollback&)            = delete;
    rollback& operator=(const rollback&) = delete;
    ~rollback() { tokens_.resize(length_); }
    void keep() noexcept { length_ = tokens_.size(); }

private:
    std::vector<token_id>& tokens_;
    std::size_t            length_;
};

result<void> check_tokens(const session::state& s, std::span<const token_id> tokens) {
    const auto V = static_cast<token_id>(s.model.config().V);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        if (tokens[i] < 0 || tokens[i] >= V)
            return error{code::token_out_of_range, "is not in the vocabulary"}
                .about("token", std::to_string(tokens[i]))
                .expected_found("an id from 0 to " + std::to_string(V - 1), std::to_string(tokens[i]) + " at index " + std::to_string(i));
    const std::size_t room = s.options.context_tokens - s.tokens.size();
    if (tokens.size() > room)
        return error{code::context_full, "the prompt does not fit the session's context"}
            .expected_found(
                "at most " + std::to_string(room) + " tokens" +
                    (s.tokens.empty() ? "" : " (of " + std::to_string(s.options.context_tokens) + ", " + std::to_string(s.tokens.size()) + " are held)"),
                std::to_string(tokens.size()))
            .hint("ask for a larger context, or shorten the prompt");
    return {};
}

/// Computes the held tokens that have no keys and values yet, in chunks. From token `wanted` on, on_logits gets each token's logits.
result<void> compute(session::state& s, std::size_t wanted, const std::function<bool(std::size_t, std::span<const float>)>* on_logits,
                     const call_options& options, std::span<const float>* last) {
    forward_context in = s.model.internals().context(s.options.context_tokens);
    if (s.options.on_input) in.on_input = &s.options.on_input;
    const std::size_t begin = s.computed, end = s.tokens.size();
    std::size_t       done = begin;
    while (done < end) {
        if (options.stop.stop_requested()) return step_cancelled();
        const std::size_t T     = std::min(s.options.prefill_chunk, end - done);
        const std::size_t first = std::clamp(wanted, done, done + T) - done;  // row in this chunk
        forward_pass      pass(in, T, s.scratch, s.cache, options.stop);
        if (auto ran = pass.run(std::span(s.tokens).subspan(done, T), done, first); !ran) return ran;
        for (std::size_t row = first; row < T; row += plume::scratch::logit_rows) {
            const std::size_t n      = std::min(plume::scratch::logit_rows, T - row);
            auto              logits = pass.logits(row, n);
            if (!logits) return std::move(logits).error();
            const std::size_t V = s.model.config().V;
            if (last != nullptr) *last = logits->subspan((n - 1) * V, V);
            for (std::size_t i = 0; i < n && on_logits != nullptr; ++i)
                if (!(*on_logits)(done + row + i - wanted, logits->subspan(i * V, V))) return step_cancelled();
        }
        done += T;
        if (options.on_progress && !options.on_progress(static_cast<double>(done - begin) / static_cast<double>(end - begin))) return step_cancelled();
    }
    s.computed = end;
    return {};
}

}  // namespace

session::session(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
session::session(session&&) noexcept            = default;
session& session::operator=(session&&) noexcept = default;
session::~session()                             = default;

const plume::model&       session::model() const noexcept { return state_->model; }
std::size_t               session::context_tokens() const noexcept { return state_ ? state_->options.context_tokens : 0; }
std::span<const token_id> session::tokens() const noexcept { return state_ ? std::span<const token_id>(state_->tokens) : std::span<const token_id>(); }

std::size_t session::allocated_bytes() const noexcept {
    if (!state_) return 0;
    return state_->cache.layout().bytes() + state_->scratch.memory.size() + state_->tokens.capacity() * sizeof(token_id);
}

result<std::span<const float>> session::prefill(std::span<const token_id> tokens, const call_options& options) {
    return guarded([&]() -> result<std::span<const float>> {
        if (!state_) return session_moved_from();
        if (tokens.empty() && state_->computed == state_->tokens.size())
            return error{code::invalid_argument, "no tokens to compute"}.hint("pass at least one token, such as the model's BOS");
        if (auto good = check_tokens(*state_, tokens); !good) return std::move(good).error();
        rollback length(state_->tokens);
        state_->tokens.insert(state_->tokens.end(), tokens.begin(), tokens.end());
        std::span<const float> logits;
        if (auto done = compute(*state_, state_->tokens.size() - 1, nullptr, options, &logits); !done) return std::move(done).error();
        length.keep();
        return logits;
    });
}

result<std::span<const float>> session::decode(token_id token, const call_options& options) { return prefill({&token, 1}, options); }

result<void> session::score(std::span<const token_id> tokens, const std::function<bool(std::size_t, std::span<const float>)>& on_logits,
                            const call_options& options) {
    return guarded([&]() -> result<void> {
        if (!state_) return session_moved_from();
        if (!on_logits) return error{code::invalid_argument, "score needs a function that takes the logits"};
        if (auto good = check_tokens(*state_, tokens); !good) return good;
        rollback          length(state_->tokens);
        const std::size_t wanted = state_->tokens.size();
        state_->tokens.insert(state_->tokens.end(), tokens.begin(), tokens.end());
        if (auto done = compute(*state_, wanted, &on_logits, options, nullptr); !done) return done;
        length.keep();
        return {};
    });
}

result<void> session::append(token_id token) {
    return guarded([&]() -> result<void> {
        if (!state_) return session_moved_from();
        if (auto good = check_tokens(*state_, {&token, 1}); !good) return good;
        state_->tokens.push_back(token);
        return {};
    });
}

result<void> session::rewind(std::size_t n) {
    return guarded([&]() -> result<void> {
        if (!state_) return session_moved_from();
        if (n > state_->tokens.size())
            return error{code::invalid_argument, "cannot go forward by rewinding"}.expected_found("0 to " + std::to_string(state_->tokens.size()),
                                                                                                  std::to_string(n));
        state_->tokens.resize(n);
        state_->computed = std::min(state_->computed, n);
        return {};
    });
}

void session::reset() noexcept {
    if (!state_) return;
    state_->tokens.clear();
    state_->computed = 0;
}

result<session> session::fork() const {
    if (!state_) return session_moved_from();
    return guarded([&]() -> result<session> {
        session_options quiet = state_->options;
        quiet.on_notice       = {};
        auto other            = state_->model.new_session(quiet);
        if (!other) return other;
        other->state_->cache.assign(state_->cache, state_->computed);
        other->state_->options  = state_->options;
        other->state_->computed = state_->computed;
        other->state_->tokens.assign(state_->tokens.begin(), state_->tokens.end());
        return other;
    });
}

result<session> model::new_session(session_options options) const {
    return guarded([&]() -> result<session> {
        if (!parts_) return error{code::wrong_state, "this model was moved from"};
        const auto& c       = config();
        auto        settled = settle(c, std::move(options));
        if (!settled) return std::move(settled).error();
        const auto&         p    = internals();
        const std::uint64_t need = kv_bytes(c, *settled) + scratch_bytes(c, *settled, p.room_bytes), free = available_memory().available;
        const std::uint64_t reserved  = p.weights.repack ? p.weights.repack->left_bytes() : 0;  // and not touched yet, so that it still counts as free
        const std::uint64_t available = free - std::min(free, reserved);
        if (need > available) {
            const std::size_t fits = largest_context(c, *settled, p.room_bytes, available);
            return error{code::out_of_memory, "a session of " + std::to_string(settled->context_tokens) + " tokens needs more memory than is available"}
                .expected_found(readable_bytes(need) + " (" + std::to_string(need) + " bytes)",
                                readable_bytes(available) + " (" + std::to_string(available) + " bytes)")
                .hint(fits == 0 ? "close other programs, or choose a smaller model" : "a context of " + std::to_string(fits) + " tokens would fit");
        }
        auto cache = kv::cache::make(kv::layout::make(c.L, c.K, c.E, settled->context_tokens, settled->kv_type));
        if (!cache) return std::move(cache).error();
        auto memory = scratch::make(c, settled->prefill_chunk, settled->context_tokens, p.room_bytes);
        if (!memory) return std::move(memory).error();
        return session(std::make_unique<session::state>(*this, std::move(*settled), std::move(*cache), std::move(*memory)));
    });
}

}  // namespace plume
