#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <plume/core/json.hpp>
#include <plume/core/result.hpp>
#include <plume/generate.hpp>
#include <plume/session.hpp>
#include <plume/text/chat_template.hpp>

namespace plume {

struct chat_options {
    std::optional<plume::chat_template>       chat_template{};  // instead of the model's own
    std::optional<json::document>             tools{};          // an array: what the model may call, as templates know it
    std::optional<json::document>             variables{};      // an object: more names for the template, such as enable_thinking
    std::optional<plume::chat_template::time> now{};            // what the template takes for today; without it the system's clock, in UTC
};

/// A talk with a model in the model's own format: the messages, and the session that has read them. What a message says stays text: it can spell no special
/// token. Move-only, one-at-a-time; it keeps its model alive.
///
///     auto talk = plume::chat::make(std::move(*session));
///     talk->say("What is the capital of France?", {.max_tokens = 200}, print);
///     talk->say("And of Italy?", {.max_tokens = 200}, print);      // reads only what is new
class chat {
public:
    /// Takes the session, whatever it holds. Errors: wrong_state where the model has no chat template and none is given; those of chat_template::parse.
    /// With tools, the file's template of the name "tool_use" is taken where there is one.
    static result<chat> make(plume::session s, chat_options options = {});

    [[nodiscard]] std::span<const message> messages() const noexcept { return messages_; }
    void                                   add(message m) { messages_.push_back(std::move(m)); }
    void                                   set_messages(std::vector<message> all) { messages_ = std::move(all); }
    void                                   keep_messages(std::size_t n);  // the first n, and forgets the others

    /// What answer() would let the model read. Errors: those of chat_template::render.
    [[nodiscard]] result<marked_text> prompt() const;

    /// Lets the model answer: it reads what its session does not hold yet of the prompt (the tokens that both begin with are kept), and what it says becomes
    /// the last message, of the role assistant. stop_tokens of the options come on top of those that end a message in this template.
    /// Errors: those of prompt(), encode and generate; context_full, with both numbers, where the prompt leaves no room for an answer.
    /// After an error, a stop or an exception of a callback: what was handed out is the last message; where nothing was, the messages are as before the call.
    /// The session holds a beginning of what it held, and after that what generate says.
    result<finish> answer(const generate_options& options = {}, const piece_fn& on_piece = {});

    /// Adds a message of the role user and lets the model answer. Where nothing is handed out but the end, the message is taken back.
    result<finish> say(std::string text, const generate_options& options = {}, const piece_fn& on_piece = {});

    [[nodiscard]] const plume::session& session() const noexcept { return session_; }

private:
    chat(plume::session s, plume::chat_template t, chat_options o) : session_(std::move(s)), template_(std::move(t)), options_(std::move(o)) {}
    [[nodiscard]] chat_template::inputs inputs_of(std::span<const message> messages) const;
    void                                find_message_end();
    result<finish>                      answer_since(std::size_t before, const generate_options& options, const piece_fn& on_piece);

    plume::session          session_;
    plume::chat_template    template_;
    chat_options            options_;
    std::vector<message>    messages_;
    std::optional<token_id> message_end_;  // what the template writes behind an answer
};

}  // namespace plume
