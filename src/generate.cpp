#include <plume/generate.hpp>

#include <algorithm>
#include <array>
#include <chrono>

#include <plume/core/utf8.hpp>
#include <plume/sampling/sampler.hpp>

#include "guard.hpp"
#include "model_parts.hpp"

namespace plume {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

/// Text on its way out: holds back what may become a stop string, and knows which token each byte came from.
class outlet {
public:
    outlet(const std::vector<std::string>& stops, const piece_fn& on_piece, std::size_t max_tokens) : stops_(stops), on_piece_(on_piece) {
        std::size_t longest = 0;
        for (const auto& stop : stops) longest = std::max(longest, stop.size());
        held_.reserve(longest + 4096);
        if (!stops.empty()) ends_.reserve(max_tokens);
    }

    enum class state : std::uint8_t { going, stop_string, refused };

    /// The text that one token completed.
    state push(std::string_view text) {
        ++pushed_;
        held_ += text;
        if (!stops_.empty()) ends_.push_back(out_ + held_.size());
        const std::size_t stop = find_stop();
        if (stop != std::string::npos) {
            const state s = hand_out(stop);
            held_.clear();
            return s == state::going ? state::stop_string : s;
        }
        return hand_out(held_.size() - stop_prefix());
    }

    /// At the end, what was held back for a stop string that did not come.
    state flush(std::string_view last) {
        held_ += last;
        return hand_out(held_.size());
    }

    /// How many of the pushed tokens lie wholly in what was handed out; all of them without stop strings.
    [[nodiscard]] std::size_t whole_tokens() const {
        return stops_.empty() ? pushed_ : static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), out_) - ends_.begin());
    }

private:
    state hand_out(std::size_t n) {
        if (n == 0) return state::going;
        out_ += n;
        const bool more = !on_piece_ || on_piece_(std::string_view(held_).substr(0, n));
        held_.erase(0, n);
        return more ? state::going : state::refused;
    }

    [[nodiscard]] std::size_t find_stop() const {
        std::size_t first = std::string::npos;
        for (const auto& stop : stops_) first = std::min(first, held_.find(stop));
        return first;
    }

    /// Length of the longest end of the held text that begins a stop string.
    [[nodiscard]] std::size_t stop_prefix() const {
        std::size_t longest = 0;
        for (const auto& stop : stops_)
            for (std::size_t n = std::min(stop.size() - 1, held_.size()); n > longest; --n)
                if (std::string_view(held_).substr(held_.size() - n) == std::string_view(stop).substr(0, n)) longest = n;
        return longest;
    }

    const std::vector<std::string>& stops_;
    const piece_fn&                 on_piece_;
    std::string                     held_;
    std::vector<std::size_t>        ends_;        // where each pushed token's text ends, counted from the start of the answer
    std::size_t                     out_    = 0;  // bytes handed out
    std::size_t                     pushed_ = 0;  // tokens
};

/// However the answer ends, by an error or an exception too: the session keeps the tokens that were handed out and no other.
class answer_tokens {
public:
    answer_tokens(session& s, const outlet& out) : session_(s), out_(out), begin_(s.tokens().size()) {}
    answer_tokens(const answer_tokens&)            = delete;
    answer_tokens& operator=(const answer_tokens&) = delete;
    ~answer_tokens() {
        if (begin_ + out_.whole_tokens() < session_.tokens().size()) (void)session_.rewind(begin_ + out_.whole_tokens());
    }

private:
    session&          session_;
    const outlet&     out_;
    const std::size_t begin_;
};

/// Holds a token for the session while it is away, and gives it back unless it has come back by itself.
class borrowed_token {
public:
    borrowed_token(session& s, token_id token) : session_(s), token_(token) {}
    borrowed_token(const borrowed_token&)            = delete;
    borrowed_token& operator=(const borrowed_token&) = delete;
    ~borrowed_token() {
        if (!back_) (void)session_.append(token_);
    }
    void is_back() noexcept { back_ = true; }

private:
    session&       session_;
    const token_id token_;
    bool           back_ = false;
};

result<void> check_options(const generate_options& options) {
    for (const auto& stop : options.stop_strings) {
        if (stop.empty()) return error{code::invalid_argument, "a stop string must not be empty"}.hint("leave it out, or give the text to stop at");
        if (const auto bad = utf8::first_invalid(stop); bad != std::string::npos)
            return error{code::invalid_argument, "is not valid UTF-8, so no answer can hold it"}
                .about("stop string", stop)
                .expected_found("UTF-8", "an invalid byte at " + std::to_string(bad));
    }
    return {};
}

result<std::span<const float>> first_logits(session& s, std::span<const token_id> prompt, const call_options& call) {
    if (!prompt.empty() || s.tokens().empty()) return s.prefill(prompt, call);
    // Nothing new to say: the logits after the last held token, computed again.
    const token_id last = s.tokens().back();
    if (auto shorter = s.rewind(s.tokens().size() - 1); !shorter) return std::move(shorter).error();
    borrowed_token token(s, last);  // an exception of on_progress must not lose it either
    auto           logits = s.decode(last, call);
    if (logits) token.is_back();
    return logits;
}

bool holds(std::span<const token_id> tokens, token_id token) { return std::find(tokens.begin(), tokens.end(), token) != tokens.end(); }

result<finish> run(session& s, std::span<const token_id> prompt, const generate_options& options, const piece_fn& on_piece) {
    const auto& tokenizer = s.model().tokenizer();  // the callers have seen that the session was not moved from
    if (auto good = check_options(options); !good) return std::move(good).error();
    auto chain = sampler::make(options.sampling, s.model().config().V, options.seed);
    if (!chain) return std::move(chain).error();
    const std::size_t room = s.context_tokens() - std::min(s.context_tokens(), s.tokens().size() + prompt.size());
    outlet            out(options.stop_strings, on_piece, std::min(options.max_tokens, room));
    text_stream       text(tokenizer, prompt.empty() ? s.tokens() : prompt);
    for (const token_id token : s.tokens()) chain->accept(token);
    for (const token_id token : prompt) chain->accept(token);

    finish       f{.reason = stop_reason::length, .prompt_tokens = prompt.size(), .seed = options.seed};
    const auto   start = clock::now();
    call_options call{.stop = options.stop, .on_progress = options.on_progress};
    auto         logits = first_logits(s, prompt, call);
    f.prefill_seconds   = seconds_since(start);
    if (!logits) {
        if (logits.error().code() != code::cancelled) return std::move(logits).error();
        f.reason        = stop_reason::stopped;
        f.prompt_tokens = 0;
        return f;
    }
    call.on_progress = {};

    const answer_tokens answer(s, out);
    const auto          decode_start = clock::now();
    auto                state        = outlet::state::going;
    while (f.generated_tokens < options.max_tokens) {
        if (options.stop.stop_requested()) {
            f.reason = stop_reason::stopped;
            break;
        }
        const auto token = chain->sample(*logits);
        if (!token) return error(token.error());
        if (!options.ignore_end && (holds(tokenizer.end_tokens(), *token) || holds(options.stop_tokens, *token))) {
            f.reason = stop_reason::end;
            break;
        }
        if (s.tokens().size() == s.context_tokens()) {
            f.reason = stop_reason::context_full;
            break;
        }
        if (auto held = s.append(*token); !held) return std::move(held).error();
        chain->accept(*token);
        ++f.generated_tokens;
        state = out.push(text.push(*token));
        if (state != outlet::state::going) {
            f.reason = state == outlet::state::refused ? stop_reason::stopped : stop_reason::stop_string;
            break;
        }
        if (f.generated_tokens == options.max_tokens) break;
        logits = s.prefill({}, call);  // computes the token just held
        if (!logits) {
            if (logits.error().code() != code::cancelled) return std::move(logits).error();
            f.reason = stop_reason::stopped;
            break;
        }
    }
    if (state == outlet::state::going && out.flush(text.finish()) == outlet::state::refused) f.reason = stop_reason::stopped;
    f.generated_tokens = out.whole_tokens();
    f.decode_seconds   = seconds_since(decode_start);
    return f;
}

result<finish> run_text(session& s, result<std::vector<token_id>> ids, const generate_options& options, const piece_fn& on_piece) {
    if (!ids) return std::move(ids).error();
    if (ids->empty() && s.tokens().empty())
        return error{code::invalid_argument, "the prompt is empty, and this model has no token that begins a text"}.hint("write a prompt");
    return run(s, *ids, options, on_piece);
}

}  // namespace

std::string_view name(stop_reason r) noexcept {
    constexpr std::array<std::string_view, 5> names = {"end", "length", "stop_string", "context_full", "stopped"};
    return names[static_cast<std::size_t>(r)];
}

result<finish> generate(session& s, std::span<const token_id> prompt, const generate_options& options, const piece_fn& on_piece) {
    return guarded([&]() -> result<finish> {
        if (s.context_tokens() == 0) return session_moved_from();
        return run(s, prompt, options, on_piece);
    });
}

result<finish> generate(session& s, std::string_view prompt, const generate_options& options, const piece_fn& on_piece) {
    return guarded([&]() -> result<finish> {
        if (s.context_tokens() == 0) return session_moved_from();
        const bool first = s.tokens().empty();
        auto       ids = s.model().tokenizer().encode(prompt, {.add_bos = first && options.add_bos, .parse_special = options.parse_special}, options.on_notice);
        return run_text(s, std::move(ids), options, on_piece);
    });
}

result<finish> generate(session& s, const marked_text& prompt, const generate_options& options, const piece_fn& on_piece) {
    return guarded([&]() -> result<finish> {
        if (s.context_tokens() == 0) return session_moved_from();
        return run_text(s, s.model().tokenizer().encode(prompt, s.tokens().empty() && options.add_bos, options.on_notice), options, on_piece);
    });
}

}  // namespace plume
