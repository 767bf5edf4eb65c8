#pragma once

#include <charconv>
#include <string>

namespace plume {

/// The shortest decimal text that reads back as the same number, whatever the locale.
template <class T>
[[nodiscard]] std::string number_text(T value) {
    char       text[64];
    const auto written = std::to_chars(text, text + sizeof text, value);
    return {text, written.ptr};
}

}  // namespace plume
