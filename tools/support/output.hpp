#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <plume/core/error.hpp>
#include <plume/core/notice.hpp>

#include "interrupt.hpp"

namespace plume::tool {

inline constexpr int exit_ok = 0, exit_failure = 1, exit_usage = 2, exit_interrupted = 130;

/// Writes to a descriptor, every error noticed, nothing held back. After the first failure all writes are dropped.
class writer {
public:
    /// `name` for messages: "standard output" or a path. Text for a terminal loses its control characters (see write_text).
    writer(int fd, std::string name, const interrupt& stop);

    bool write(std::string_view bytes);  // as they are; false once nothing more can be written
    bool write(std::span<const std::byte> bytes);
    bool write_text(std::string_view text);  // generated text: on a terminal without control characters but newline and tab
    bool newline_on_terminal();              // ends the line, where a person looks at it and the text did not end it itself

    [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }
    [[nodiscard]] bool alive() const noexcept { return state_ == state::ok; }

    /// What the command ends with: `otherwise` while all was written; 0 when the reader closed its pipe; 130 for Ctrl-C; 1, with a message, for an error.
    [[nodiscard]] int exit_code(int otherwise = exit_ok) const;

private:
    enum class state { ok, closed, interrupted, failed };
    int              fd_;
    std::string      name_;
    const interrupt* stop_;
    bool             terminal_, regular_;
    state            state_      = state::ok;
    int              errno_      = 0;
    bool             at_newline_ = true;
};

/// Writes `text` to standard output and returns the exit code.
[[nodiscard]] int print(std::string_view text, const interrupt& stop);

/// `plume: <line>` on stderr, as one write.
void say(std::string_view line);

/// Tells the error on one line and returns the exit code that belongs to it: 130 when Ctrl-C was the reason, 2 for an option without sense, else 1.
[[nodiscard]] int fail(const error& e, const interrupt& stop);

/// Wrong usage: one line, a pointer to --help, exit code 2.
[[nodiscard]] int usage(std::string_view command, std::string_view line);

/// How the commands tell a notice of the library: on stderr, with the next step where the tool knows one.
[[nodiscard]] notice_fn tell_notices(std::string text_from = {});

/// `text` without control characters (C0, DEL, C1) other than newline and tab.
[[nodiscard]] std::string without_controls(std::string_view text);

}  // namespace plume::tool
