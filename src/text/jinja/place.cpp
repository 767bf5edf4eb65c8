#include "place.hpp"

#include <algorithm>

#include "characters.hpp"

namespace plume::jinja {

std::string place_of(std::string_view source, std::size_t byte) {
    const auto before = source.substr(0, std::min(byte, source.size()));
    const auto line   = 1 + std::count(before.begin(), before.end(), '\n');
    const auto begin  = before.rfind('\n') + 1;  // npos + 1 is 0
    return "line " + std::to_string(line) + ", column " + std::to_string(1 + n_points(before.substr(begin)));
}

error error_at(code c, std::string_view source, std::size_t byte, std::string_view what) {
    return error{c, "at " + place_of(source, byte) + " of the chat template: " + std::string(what)};
}

}  // namespace plume::jinja
