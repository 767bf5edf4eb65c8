#include "progress.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace plume::tool {
namespace {

bool on_screen = false;  // a bar stands on stderr's last line; only the main thread draws

void put(std::string_view text) { [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size()); }

bool terminal_redraws() {
    const char* term = std::getenv("TERM");
    return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb" && *term != '\0';
}

}  // namespace

progress::progress(std::string what, bool quiet) : what_(std::move(what)), draws_(!quiet && terminal_redraws()) {}
progress::~progress() { done(); }

void progress::show(double share) {
    if (!draws_) return;
    const int percent = static_cast<int>(std::clamp(share, 0.0, 1.0) * 100);
    if (percent == last_percent_ || std::chrono::steady_clock::now() - begun_ < std::chrono::milliseconds(300)) return;
    last_percent_     = percent;
    const auto  cells = static_cast<std::size_t>(percent) * 30 / 100;
    std::string line  = "\r" + what_ + " [" + std::string(cells, '#') + std::string(30 - cells, ' ') + "] " + std::to_string(percent) + " %";
    on_screen         = true;
    put(line);
}

void progress::done() {
    clear_progress();
    last_percent_ = -1;
}

std::function<bool(double)> progress::callback() {
    return [this](double share) {
        show(share);
        return true;
    };
}

void clear_progress() {
    if (!std::exchange(on_screen, false)) return;
    put("\r\x1b[K");
}

}  // namespace plume::tool
