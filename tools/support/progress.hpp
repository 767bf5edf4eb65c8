#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace plume::tool {

/// A bar on stderr, only where stderr is a terminal that can redraw a line, and only for what takes longer than a moment. Drawn without colours.
class progress {
public:
    /// `quiet`: never draw.
    progress(std::string what, bool quiet);
    ~progress();
    progress(const progress&)            = delete;
    progress& operator=(const progress&) = delete;

    void show(double share);  // 0 to 1
    void done();              // takes the bar away

    /// For the library's on_progress; never asks to stop (Ctrl-C does that by its token). Must not outlive the bar.
    [[nodiscard]] std::function<bool(double)> callback();

private:
    std::string                           what_;
    bool                                  draws_;
    int                                   last_percent_ = -1;
    std::chrono::steady_clock::time_point begun_        = std::chrono::steady_clock::now();
};

/// Takes a bar that is on the screen away, before something else is written to stderr.
void clear_progress();

}  // namespace plume::tool
