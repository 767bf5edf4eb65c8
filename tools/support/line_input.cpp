#include "line_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "input.hpp"

namespace plume::tool {
namespace {

using kind = line_input::reading::kind;

/// Appends what standard input has next.
kind read_more(std::string& text, const interrupt& stop) {
    std::array<char, 4096> piece;
    while (true) {
        if (!stop.wait_for(STDIN_FILENO, POLLIN)) return kind::interrupted;
        const auto n = ::read(STDIN_FILENO, piece.data(), piece.size());
        if (n == 0) return kind::end;
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0 || text.size() + static_cast<std::size_t>(n) > longest_input) return kind::failed;
        text.append(piece.data(), static_cast<std::size_t>(n));
        return kind::text;
    }
}

line_input::reading without_line_end(std::string text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    return {.what = kind::text, .text = std::move(text)};
}

/// A pipe or a file: a line is a message.
class piped_lines final : public line_input {
public:
    explicit piped_lines(const interrupt& stop) : stop_(stop) {}

    reading read(const std::string&) override {
        std::size_t looked_at = 0;
        while (true) {
            const auto newline = held_.find('\n', looked_at);
            if (newline != std::string::npos) return take(newline + 1);
            looked_at       = held_.size();
            const auto what = read_more(held_, stop_);
            if (what == kind::end && !held_.empty()) return take(held_.size());
            if (what != kind::text) return {.what = what};
        }
    }

private:
    reading take(std::size_t size) {
        auto r = without_line_end(held_.substr(0, size));
        held_.erase(0, size);
        return r;
    }

    const interrupt& stop_;
    std::string      held_;
};

/// A terminal that edits lines by itself: it gives one line at a time.
class terminal_lines final : public line_input {
public:
    explicit terminal_lines(const interrupt& stop) : stop_(stop) {}

    reading read(const std::string& prompt) override {
        [[maybe_unused]] const auto n = ::write(STDERR_FILENO, prompt.data(), prompt.size());
        std::string                 text;
        while (true) {
            const auto what = read_more(text, stop_);
            if (what == kind::end && !text.empty()) return without_line_end(std::move(text));
            if (what != kind::text) return {.what = what};
            if (text.ends_with('\n') && !has_more()) return without_line_end(std::move(text));
        }
    }

private:
    /// Of a paste the next line is there already, and of what a person types it is not.
    static bool has_more() {
        constexpr int moment = 20;  // milliseconds
        pollfd        wait{STDIN_FILENO, POLLIN, 0};
        return ::poll(&wait, 1, moment) == 1;
    }

    const interrupt& stop_;
};

}  // namespace

std::unique_ptr<line_input> make_line_input(const interrupt& stop) {
    if (::isatty(STDIN_FILENO) != 1) return std::make_unique<piped_lines>(stop);
    if (auto editor = make_line_editor(stop)) return editor;
    return std::make_unique<terminal_lines>(stop);
}

}  // namespace plume::tool
