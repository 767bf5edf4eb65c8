#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <plume/core/json.hpp>
#include <plume/core/result.hpp>
#include <plume/text/marked_text.hpp>

namespace plume {

/// A call of a tool that the model asked for.
struct tool_call {
    std::string id;
    std::string name;
    std::string arguments;  // JSON; an object becomes a mapping for the template, any other text stays text
};

/// One message of a talk. What is empty is not there for the template, but for role and content, which always are.
struct message {
    std::string            role;  // "system", "user", "assistant", "tool", or another that the template knows
    std::string            content           = {};
    std::string            name              = {};
    std::string            reasoning_content = {};  // what the model thought; templates see it as `thinking` too
    std::string            tool_call_id      = {};  // of a tool's answer
    std::vector<tool_call> tool_calls        = {};
};

/// What a template may use at most. For a talk of a thousand messages published templates use 0.1 to 8 million steps, which take 2 to 100 ms.
struct template_limits {
    std::size_t source_bytes = std::size_t{256} << 10;
    std::size_t depth        = 250;          // macros, expressions and values inside each other; parse and render then fit in 256 KiB of stack
    std::size_t steps        = 200'000'000;  // parts of the template that are run; moving 64 bytes of text counts as one
    std::size_t output_bytes = std::size_t{64} << 20;
    std::size_t memory_bytes = std::size_t{256} << 20;  // of the values that live at one time
};

/// A chat template: the text, in the language Jinja, by which a model's publisher turns messages into a prompt. Immutable and shared between threads; a
/// copy shares the tree. The language is the part of jinja2 that such templates use, with the settings of Hugging Face transformers; no files, no reflection.
class chat_template {
public:
    /// Errors: format_invalid (bad syntax), format_unsupported (a tag, filter or test that is not known), format_limit, out_of_memory; with line and column.
    /// Invalid UTF-8 becomes U+FFFD.
    static result<chat_template> parse(std::string_view source, const template_limits& limits = {});

    /// A date and time of day, as the calendar and the clock on the wall show it.
    struct time {
        int year = 1970, month = 1, day = 1;  // Gregorian; month and day from 1
        int hour = 0, minute = 0, second = 0;
    };

    struct inputs {
        std::span<const message>        messages      = {};  // or, where that is given:
        std::optional<json::value>      messages_json = {};  // an array of objects, as the template sees them
        std::optional<json::value>      tools         = {};
        std::optional<json::value>      documents     = {};
        std::optional<json::value>      variables     = {};  // an object: more names for the template, such as enable_thinking
        std::optional<std::string_view> bos = {}, eos = {};  // trusted: texts of the vocabulary's own tokens
        bool                            add_generation_prompt = true;
        std::optional<time>             now                   = {};  // for strftime_now; without it the system's clock, in UTC
    };

    /// The prompt. Strings of the caller are data wherever they go, a role too unless it is one of the common names (system, developer, user, assistant,
    /// tool, function, ipython), which templates make special tokens of. Invalid UTF-8 becomes U+FFFD. The call holds no lock and keeps nothing.
    /// Errors: invalid_argument (the template itself refused the messages, with its words; inputs of a wrong kind), format_invalid (the template does what
    /// its language does not allow, such as adding a number to a text), format_limit, out_of_memory; those of the template with line and column.
    [[nodiscard]] result<marked_text> render(const inputs& in) const;

    [[nodiscard]] std::string_view source() const noexcept;

    struct program;
    explicit chat_template(std::shared_ptr<const program> p) noexcept : program_(std::move(p)) {}

private:
    std::shared_ptr<const program> program_;
};

}  // namespace plume
