// The `plume` command: finds the subcommand in THE LIST and hands over. Nothing here opens a socket or starts a process.
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <plume/core/printable.hpp>
#include <plume/core/version.hpp>

#include "commands.hpp"
#include "support/output.hpp"
#include "support/suggest.hpp"

namespace plume::tool {
namespace {

std::string overview() {
    std::string text = "usage: plume COMMAND ...\n\nRuns language models on this machine. Nothing is sent anywhere.\n\n";
    for (const auto& c : subcommands) text += "  " + std::string(c.name) + std::string(14 - c.name.size(), ' ') + std::string(c.summary) + '\n';
    return text +
           "\nplume COMMAND --help shows a command's options; plume --version the version.\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by "
           "Ctrl-C.\n";
}

int start(int argc, char** argv, interrupt& stop) {
    if (argc < 2) return usage("plume", "which command? For example: plume run MODEL.gguf -p \"Once upon a time\"");
    const std::string_view word = argv[1];
    if (word == "--help" || word == "-h" || word == "help") return print(overview(), stop);
    if (word == "--version") return print(std::string("plume ") + version() + ", numerics " + std::to_string(numerics_version) + "\n", stop);

    std::vector<std::string> known;
    for (const auto& c : subcommands) {
        if (c.name == word) return c.start({argc - 1, argv + 1, stop});
        known.emplace_back(c.name);
    }
    return usage("plume", "there is no command '" + printable(word, 60) + "'" + did_you_mean(word, known));
}

/// A standard descriptor that came closed is opened so that using it fails: no file of ours may get its number.
void occupy_standard_descriptors() {
    for (const int fd : {0, 1, 2})
        if (::fcntl(fd, F_GETFD) < 0) [[maybe_unused]]
            const int same = ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

}  // namespace
}  // namespace plume::tool

int main(int argc, char** argv) {
    using namespace plume::tool;
    occupy_standard_descriptors();
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is seen where it is written to,
    std::signal(SIGXFSZ, SIG_IGN);  // and so is a file that may not grow further
    try {
        interrupt stop;
        return start(argc, argv, stop);
    } catch (const std::bad_alloc&) {
        say("out of memory");
    } catch (const std::exception& e) {
        say("internal error: " + plume::printable(e.what(), 400));
    }
    return exit_failure;
}
