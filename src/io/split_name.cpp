#include "src/io/split_name.hpp"

namespace plume::io {
namespace {

constexpr std::size_t digits = 5;

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t n = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        n = n * 10 + static_cast<std::uint32_t>(c - '0');
    }
    return n;
}

std::string five(std::uint32_t n) {
    auto text = std::to_string(n);
    return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

}  // namespace

std::optional<split_name> split_name::of(std::string_view path) {
    constexpr std::string_view dash = "-", of = "-of-", end = ".gguf";
    constexpr auto             length = dash.size() + digits + of.size() + digits + end.size();
    if (path.size() < length) return std::nullopt;
    const auto tail = path.substr(path.size() - length);
    if (!tail.starts_with(dash) || tail.substr(1 + digits, of.size()) != of || !tail.ends_with(end)) return std::nullopt;
    const auto part = number(tail.substr(1, digits)), parts = number(tail.substr(1 + digits + of.size(), digits));
    if (!part || !parts) return std::nullopt;
    return split_name{std::string(path.substr(0, path.size() - length)), *part, *parts};
}

std::string split_name::path_of(std::uint32_t which) const { return stem + '-' + five(which) + "-of-" + five(parts) + ".gguf"; }

std::string_view base_name(std::string_view path) noexcept {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace plume::io
