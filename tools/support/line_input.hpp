#pragma once

#include <memory>
#include <string>

#include "interrupt.hpp"

namespace plume::tool {

/// Where a talk's messages come from. One-at-a-time.
class line_input {
public:
    struct reading {
        enum class kind { text, end, interrupted, failed } what = kind::end;
        std::string text{};             // without the newline that ended it; of a paste with those between its lines
        bool        was_empty = false;  // interrupted: nothing had been typed
    };

    line_input()                             = default;
    line_input(const line_input&)            = delete;
    line_input& operator=(const line_input&) = delete;
    virtual ~line_input()                    = default;

    /// The next message. A terminal shows `prompt` on stderr, and several lines that are pasted at once are one message.
    virtual reading read(const std::string& prompt) = 0;
    /// What may be typed besides, for the help; empty where nothing.
    [[nodiscard]] virtual std::string keys() const { return {}; }
};

/// From standard input: with a line editor where it is a terminal and there is one, else line by line.
[[nodiscard]] std::unique_ptr<line_input> make_line_input(const interrupt& stop);

/// With libedit; null where plume was built without it, or where the terminal cannot be edited on.
[[nodiscard]] std::unique_ptr<line_input> make_line_editor(const interrupt& stop);

}  // namespace plume::tool
