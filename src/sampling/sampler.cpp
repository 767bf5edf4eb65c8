#include <plume/sampling/sampler.hpp>

#include <plume/core/buffer.hpp>
#include <plume/sampling/samplers.hpp>

#include "src/guard.hpp"
#include "src/sampling/candidates.hpp"
#include "src/sampling/number_text.hpp"
#include "src/sampling/philox.hpp"
#include "src/system.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace plume {
namespace {

/// The last `size` tokens; with size 0 nothing leaves.
class window {
public:
    static result<window> make(std::size_t V, std::int32_t size) {
        window w;
        auto   counts = buffer::allocate(V * sizeof(std::uint32_t));
        if (!counts) return std::move(counts).error();
        w.counts_ = *std::move(counts);
        w.size_   = size > 0 ? static_cast<std::size_t>(size) : 0;
        auto ring = buffer::allocate(w.size_ * sizeof(token_id));
        if (!ring) return std::move(ring).error();
        w.ring_ = *std::move(ring);
        return w;
    }

    void push(token_id token) {
        auto* counts = counts_.as<std::uint32_t>();
        if (size_ != 0) {
            token_id& oldest = ring_.as<token_id>()[pushed_ % size_];
            if (pushed_ >= size_) --counts[oldest];
            oldest = token;
            ++pushed_;
        }
        if (counts[token] != std::numeric_limits<std::uint32_t>::max()) ++counts[token];
    }

    [[nodiscard]] std::span<const std::uint32_t> counts() const { return {counts_.as<std::uint32_t>(), counts_.size() / sizeof(std::uint32_t)}; }

private:
    buffer      counts_;  // [V]
    buffer      ring_;    // [size_]
    std::size_t size_ = 0, pushed_ = 0;
};

result<void> check(const sampling_options& options, std::size_t V) {
    if (V == 0 || V > static_cast<std::size_t>(std::numeric_limits<token_id>::max()))
        return error{code::invalid_argument, "is not the size of a vocabulary"}.about("argument", "V").expected_found("1 to 2147483647", std::to_string(V));
    for (const auto& option : all_samplers::options) {
        const double value = value_of(option, options);
        if (in_range(option, value)) continue;
        const std::string found = option.real != nullptr ? number_text(options.*option.real) : number_text(options.*option.whole);
        return error{code::invalid_argument, "is out of range"}.about("option", option.name).expected_found(range_text(option), found);
    }
    for (const auto& [token, bias] : options.logit_bias) {
        if (token < 0 || static_cast<std::size_t>(token) >= V)
            return error{code::token_out_of_range, "names a token that the vocabulary does not have"}
                .about("option", "logit_bias")
                .expected_found("0 to " + std::to_string(V - 1), std::to_string(token));
        if (std::isnan(bias) || bias == std::numeric_limits<float>::infinity())
            return error{code::invalid_argument, "is out of range for token " + std::to_string(token)}
                .about("option", "logit_bias")
                .expected_found("a finite number or -infinity", number_text(bias));
    }
    return {};
}

bool wants_penalties(const sampling_options& o) {
    return o.penalty_window != 0 && (o.repeat_penalty != 1.0f || o.frequency_penalty != 0.0f || o.presence_penalty != 0.0f);
}

/// The token where the running sum of weights passes u of the whole. Those with weight 0 are never drawn.
token_id draw(candidates& c, double u) {
    const double target = u * c.total();
    double       sum    = 0.0;
    token_id     last   = c.kept.front().id;
    for (const candidate& one : c.kept) {
        if (one.p == 0.0) continue;
        sum += one.p;
        last = one.id;
        if (sum > target) break;
    }
    return last;  // of the last one where rounding made the target the whole sum
}

}  // namespace

struct sampler::state {
    sampling_options      options;
    std::size_t           V    = 0;
    std::uint64_t         seed = 0;
    std::optional<window> seen;  // only with a penalty
    buffer                room;  // [2, V] candidates
    std::uint64_t         n_drawn = 0;
};

sampler::sampler(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
sampler::sampler(sampler&&) noexcept            = default;
sampler& sampler::operator=(sampler&&) noexcept = default;
sampler::~sampler()                             = default;

result<sampler> sampler::make(const sampling_options& options, std::size_t V, std::uint64_t seed) {
    return guarded([&]() -> result<sampler> {
        if (auto good = check(options, V); !good) return std::move(good).error();
        auto s     = std::make_unique<state>();
        s->options = options;
        s->V       = V;
        s->seed    = seed;
        auto room  = buffer::allocate(2 * V * sizeof(candidate));  // V is below 2^31
        if (!room) return std::move(room).error();
        s->room = *std::move(room);
        if (wants_penalties(options)) {
            auto seen = window::make(V, options.penalty_window);
            if (!seen) return std::move(seen).error();
            s->seen = *std::move(seen);
        }
        return sampler{std::move(s)};
    });
}

void sampler::accept(token_id token) {
    if (state_ == nullptr || !state_->seen || token < 0 || static_cast<std::size_t>(token) >= state_->V) return;
    state_->seen->push(token);
}

result<token_id> sampler::sample(std::span<const float> logits) {
    if (state_ == nullptr) return error{code::wrong_state, "a sampler that was moved from cannot sample"};
    state& s = *state_;
    if (logits.size() != s.V)
        return error{code::invalid_argument, "has another size than the vocabulary"}.about("argument", "logits").expected_found(s.V, logits.size());
    const fp_control control;
    auto* const      room = s.room.as<candidate>();
    for (std::size_t i = 0; i < s.V; ++i) {
        if (!std::isfinite(logits[i])) {
            return error{code::not_finite, "is not finite"}
                .about("logit of token", std::to_string(i))
                .expected_found("a finite number", number_text(logits[i]))
                .hint("the model's weights or the activations are damaged: check the file");
        }
        room[i] = {static_cast<double>(logits[i]), 0.0, static_cast<token_id>(i)};
    }
    candidates c{s.options, s.seen ? s.seen->counts() : std::span<const std::uint32_t>{}, {room, s.V}, {room + s.V, s.V}};
    for (const auto apply : all_samplers::stages) {
        apply(c);
        if (c.kept.empty()) break;  // only logit bias can do that
    }
    if (c.kept.empty())
        return error{code::invalid_argument, "forbids every token"}.about("option", "logit_bias").hint("leave at least one token without -infinity");
    return draw(c, uniform(s.seed, s.n_drawn++));
}

}  // namespace plume
