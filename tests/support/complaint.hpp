#pragma once

#include <algorithm>
#include <string>

#include <plume/core/error.hpp>
#include <plume/core/utf8.hpp>

namespace plume::test {

/// What is wrong with the text of an error about a file, or empty.
inline std::string complaint(const error& e) {
    const auto text = e.message();
    if (group(e.code()) != code_group::format) return "not a format error: " + text;
    if (utf8::first_invalid(text) != std::string::npos) return "invalid UTF-8";
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) return "control characters";
    if (text.size() < 20) return "too short: " + text;
    if (text.size() > 1000) return "too long: " + text;
    if (e.path().empty()) return "no path: " + text;
    return e.hint().empty() ? "no next step: " + text : "";
}

}  // namespace plume::test
