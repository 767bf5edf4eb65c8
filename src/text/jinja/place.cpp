#include "place.hpp"

#include <plume/core/utf8.hpp>

namespace plume::jinja {

error error_at(code c, std::string_view source, std::size_t byte, std::string_view what) {
    return error{c, "at " + utf8::place_of(source, byte) + " of the chat template: " + std::string(what)};
}

}  // namespace plume::jinja
