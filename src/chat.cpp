#include <plume/chat.hpp>

#include <algorithm>

#include "guard.hpp"
#include "model_parts.hpp"

namespace plume {
namespace {

/// Whatever way a call is left: the text that was handed out becomes a message; where there is none, the messages are what they were.
class pending_answer {
public:
    pending_answer(std::vector<message>& messages, std::size_t length_before) : messages_(messages), before_(length_before) {
        messages_.reserve(messages_.size() + 1);  // so that adding the answer cannot fail
    }
    pending_answer(const pending_answer&)            = delete;
    pending_answer& operator=(const pending_answer&) = delete;
    ~pending_answer() {
        if (text_.empty() && !complete_)
            messages_.resize(before_);
        else
            answer_.content = std::move(text_), messages_.push_back(std::move(answer_));
    }
    void add(std::string_view piece) { text_ += piece; }
    void is_complete() noexcept { complete_ = true; }  // an empty answer counts too

private:
    std::vector<message>& messages_;
    const std::size_t     before_;
    message               answer_{.role = "assistant"};
    std::string           text_;
    bool                  complete_ = false;
};

std::size_t common_length(std::span<const token_id> a, std::span<const token_id> b) {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

result<chat> chat::make(plume::session s, chat_options options) {
    return guarded([&]() -> result<chat> {
        if (s.context_tokens() == 0) return session_moved_from();
        if (!options.chat_template) {
            const bool for_tools = options.tools && s.model().has_chat_template("tool_use");
            auto       own       = s.model().chat_template(for_tools ? "tool_use" : "");
            if (!own) return std::move(own).error();
            options.chat_template = *std::move(own);
        }
        auto own_template = *options.chat_template;
        auto made         = chat(std::move(s), std::move(own_template), std::move(options));
        made.find_message_end();
        return made;
    });
}

void chat::keep_messages(std::size_t n) {
    if (n < messages_.size()) messages_.resize(n);
}

chat_template::inputs chat::inputs_of(std::span<const message> messages) const {
    const auto&           words = session_.model().tokenizer();
    chat_template::inputs in;
    in.messages = messages;
    if (options_.tools) in.tools = options_.tools->root();
    if (options_.variables) in.variables = options_.variables->root();
    if (words.bos() >= 0) in.bos = words.token_name(words.bos());
    if (words.eos() >= 0) in.eos = words.token_name(words.eos());
    in.now = options_.now;
    return in;
}

/// The end of a turn is not always a token that the file names or that is known by its text: what the template itself writes behind an answer is one.
void chat::find_message_end() {
    constexpr std::string_view mark   = "plume";
    const message              talk[] = {{.role = "user", .content = "a"}, {.role = "assistant", .content = std::string(mark)}};
    auto                       in     = inputs_of(talk);
    in.add_generation_prompt          = false;
    const auto text                   = template_.render(in);
    if (!text) return;  // a template that wants other messages
    const auto at = text->text.rfind(mark);
    if (at == std::string::npos) return;
    marked_text rest{.text = text->text.substr(at + mark.size()), .runs = {}};
    if (rest.text.empty()) return;
    rest.runs.push_back({0, rest.text.size(), true});
    const auto& words = session_.model().tokenizer();
    const auto  ids   = words.encode(rest, false);
    if (!ids) return;
    const auto first = std::find_if(ids->begin(), ids->end(), [&](token_id id) { return words.is_control(id); });
    if (first != ids->end()) message_end_ = *first;
}

result<marked_text> chat::prompt() const {
    if (session_.context_tokens() == 0) return session_moved_from();
    return template_.render(inputs_of(messages_));
}

/// The messages from number `before` on are new: they go where nothing comes of them.
result<finish> chat::answer_since(std::size_t before, const generate_options& options, const piece_fn& on_piece) {
    pending_answer pending(messages_, before);
    const auto     text = prompt();
    if (!text) return error(text.error());
    const auto ids = session_.model().tokenizer().encode(*text, options.add_bos, options.on_notice);
    if (!ids) return error(ids.error());
    if (ids->size() >= session_.context_tokens())
        return error{code::context_full, "the talk does not fit the session's context"}
            .expected_found("less than " + std::to_string(session_.context_tokens()) + " tokens", std::to_string(ids->size()))
            .hint("ask for a larger context, or forget some of the messages");
    auto with_end = options;
    if (message_end_) with_end.stop_tokens.push_back(*message_end_);
    const auto common = common_length(session_.tokens(), *ids);
    if (auto kept = session_.rewind(common); !kept) return std::move(kept).error();
    auto done = generate(session_, std::span(*ids).subspan(common), with_end, [&](std::string_view piece) {
        pending.add(piece);
        return !on_piece || on_piece(piece);
    });
    if (done && done->reason != stop_reason::stopped) pending.is_complete();
    return done;
}

result<finish> chat::answer(const generate_options& options, const piece_fn& on_piece) {
    return guarded([&] { return answer_since(messages_.size(), options, on_piece); });
}

result<finish> chat::say(std::string text, const generate_options& options, const piece_fn& on_piece) {
    return guarded([&] {
        messages_.reserve(messages_.size() + 2);  // this one and the answer: what follows does not fail between them
        messages_.push_back({.role = "user", .content = std::move(text)});
        return answer_since(messages_.size() - 1, options, on_piece);
    });
}

}  // namespace plume
