#include "output.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <plume/core/printable.hpp>

#include "progress.hpp"

namespace plume::tool {

writer::writer(int fd, std::string name, const interrupt& stop) : fd_(fd), name_(std::move(name)), stop_(&stop), terminal_(::isatty(fd) == 1) {
    struct stat about {};
    regular_ = ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
}

bool writer::write(std::string_view bytes) {
    if (!bytes.empty()) at_newline_ = bytes.back() == '\n';
    while (alive() && !bytes.empty()) {
        if (!regular_ && !stop_->wait_for(fd_, POLLOUT)) {
            state_ = state::interrupted;
            break;
        }
        // A pipe that is ready takes 4,096 bytes (PIPE_BUF) without blocking, so Ctrl-C works while the reader sleeps.
        const auto n = ::write(fd_, bytes.data(), regular_ ? bytes.size() : std::min<std::size_t>(bytes.size(), 4096));
        if (n >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EPIPE) {
            state_ = state::closed;
        } else if (errno != EINTR && errno != EAGAIN) {
            errno_ = errno;
            state_ = state::failed;
        }
    }
    return alive();
}

bool writer::write(std::span<const std::byte> bytes) { return write(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size())); }

bool writer::write_text(std::string_view text) { return terminal_ ? write(without_controls(text)) : write(text); }

bool writer::newline_on_terminal() { return terminal_ && !at_newline_ ? write("\n") : alive(); }

int writer::exit_code(int otherwise) const {
    switch (state_) {
        case state::ok:
            return otherwise;
        case state::closed:
            return exit_ok;
        case state::interrupted:
            return exit_interrupted;
        case state::failed:
            break;
    }
    say("cannot write to " + printable(name_) + ": " + std::generic_category().message(errno_));
    return exit_failure;
}

int print(std::string_view text, const interrupt& stop) {
    writer out(STDOUT_FILENO, "standard output", stop);
    out.write(text);
    return out.exit_code();
}

void say(std::string_view line) {
    clear_progress();
    std::string all = "plume: ";
    all.append(line).push_back('\n');
    for (std::string_view rest = all; !rest.empty();) {
        const auto n = ::write(STDERR_FILENO, rest.data(), rest.size());
        if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
        if (n < 0 && errno != EINTR) return;  // nowhere to complain about that
    }
}

int fail(const error& e, const interrupt& stop) {
    if (e.code() == code::cancelled && stop.asked()) {
        clear_progress();
        return exit_interrupted;
    }
    say(e.message());
    return e.code() == code::invalid_argument ? exit_usage : exit_failure;
}

int usage(std::string_view command, std::string_view line) {
    say(std::string(line) + " (see " + std::string(command) + " --help)");
    return exit_usage;
}

notice_fn tell_notices(std::string text_from) {
    return [from = std::move(text_from)](notice what, std::string_view text) {
        std::string line = "note: " + std::string(text);
        if (what == notice::text_replaced)
            line += "; if the text is in a Windows encoding, convert it first: iconv -f CP1252 -t UTF-8 " + (from.empty() ? "FILE" : printable(from, 400)) +
                    " > utf8.txt";
        say(line);
    };
}

std::string without_controls(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) continue;
        // U+0080 to U+009F: C2 80 to C2 9F in UTF-8. The library hands out whole characters.
        if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
            ++i;
            continue;
        }
        out.push_back(text[i]);
    }
    return out;
}

}  // namespace plume::tool
