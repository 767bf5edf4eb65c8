#include "input.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <plume/core/printable.hpp>

namespace plume::tool {
namespace {

result<std::string> read_all(int fd, const std::string& name, const interrupt& stop) {
    std::string              text;
    std::array<char, 65'536> piece;
    while (true) {
        if (!stop.wait_for(fd, POLLIN)) return error{code::cancelled, "was interrupted"}.in(name);
        const auto n = ::read(fd, piece.data(), piece.size());
        if (n == 0) {
            if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
            return text;
        }
        if (n < 0) {
            if (errno == EINTR || errno == EAGAIN) continue;
            return error{code::file_io, "cannot be read: " + std::generic_category().message(errno)}.in(name);
        }
        if (text.size() + static_cast<std::size_t>(n) > longest_input)
            return error{code::file_io, "is longer than a text may be here"}.in(name).expected_found("at most 256 MiB", "more").hint("give a part of it");
        text.append(piece.data(), static_cast<std::size_t>(n));
    }
}

}  // namespace

result<std::string> read_stdin(const interrupt& stop) { return read_all(STDIN_FILENO, "standard input", stop); }

result<std::string> read_file(const std::string& path, const interrupt& stop) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        const auto why = errno == ENOENT ? code::file_not_found : code::file_io;
        return error{why, "cannot be opened: " + std::generic_category().message(errno)}.in(path).hint("check the path");
    }
    auto text = read_all(fd, path, stop);
    ::close(fd);
    return text;
}

result<std::vector<token_id>> parse_ids(std::string_view text) {
    constexpr std::string_view separators = " \t\r\n\v\f,";
    std::vector<token_id>      ids;
    while (true) {
        const auto begin = text.find_first_not_of(separators);
        if (begin == std::string_view::npos) return ids;
        text.remove_prefix(begin);
        const auto word           = text.substr(0, text.find_first_of(separators));
        token_id   id             = 0;
        const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), id);
        if (problem != std::errc{} || end != word.data() + word.size() || id < 0)
            return error{code::invalid_argument, "is not a token id"}
                .about("word", word)
                .expected_found("whole numbers from 0 on", word)
                .hint("separate them by spaces or commas");
        ids.push_back(id);
        text.remove_prefix(word.size());
    }
}

}  // namespace plume::tool
