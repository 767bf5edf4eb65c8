#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace plume {

/// Text that knows who wrote each of its bytes: the template, whose special tokens are meant, or the caller's data, which can never become one.
struct marked_text {
    struct run {
        std::size_t begin = 0, end = 0;  // bytes of the text
        bool        from_template                      = false;
        friend bool operator==(const run&, const run&) = default;
    };
    std::string      text;  // valid UTF-8
    std::vector<run> runs;  // in order, without gaps, none empty; neighbours differ
};

}  // namespace plume
