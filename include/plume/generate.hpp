#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/notice.hpp>
#include <plume/core/result.hpp>
#include <plume/sampling/options.hpp>
#include <plume/session.hpp>

namespace plume {

struct generate_options {
    std::size_t                       max_tokens = 256;
    sampling_options                  sampling{};             // greedy by default
    std::uint64_t                     seed = 0;               // of the draws; the same seed, prompt and model give the same text
    std::vector<std::string>          stop_strings{};         // the answer ends before the first of them
    std::vector<token_id>             stop_tokens{};          // these end it too, besides the tokenizer's end_tokens()
    bool                              add_bos       = true;   // at the start of a session, where the model wants one
    bool                              parse_special = false;  // control tokens written in the prompt count as such: only for text you trust
    bool                              ignore_end    = false;  // go on after an end token (which is then shown as nothing)
    std::stop_token                   stop{};
    std::function<bool(double share)> on_progress{};  // of the prompt; false stops
    notice_fn                         on_notice{};
};

enum class stop_reason : std::uint8_t {
    end,     // the model said so
    length,  // max_tokens
    stop_string,
    context_full,  // the session has no room left
    stopped,       // `stop` was asked, or a callback returned false
};
[[nodiscard]] std::string_view name(stop_reason r) noexcept;

struct finish {
    stop_reason   reason           = stop_reason::end;
    std::size_t   prompt_tokens    = 0;  // computed by this call, BOS included
    std::size_t   generated_tokens = 0;  // handed out
    double        prefill_seconds  = 0;
    double        decode_seconds   = 0;
    std::uint64_t seed             = 0;
};

/// Handed each piece of text as it comes: valid UTF-8, whole characters, control tokens left out. On the calling thread; the view lives for the call; false
/// stops.
using piece_fn = std::function<bool(std::string_view piece)>;

/// Continues the session's text with `prompt` (may be empty when there is a BOS or the session holds tokens) and then with what the model says.
/// Afterwards, and after a stop or an error, the session holds the prompt, if its prefill was complete, and exactly the tokens that were handed out;
/// otherwise it is as it was before the call.
result<finish> generate(session& s, std::string_view prompt, const generate_options& options = {}, const piece_fn& on_piece = {});

/// The same with a prompt that a chat template rendered: only what the template wrote can become a special token, see tokenizer::encode;
/// parse_special is not looked at. For whole talks see plume::chat.
result<finish> generate(session& s, const marked_text& prompt, const generate_options& options = {}, const piece_fn& on_piece = {});

/// The same from token ids.
result<finish> generate(session& s, std::span<const token_id> prompt, const generate_options& options = {}, const piece_fn& on_piece = {});

}  // namespace plume
