#include "src/text/origin.hpp"

#include "src/io/gguf_parse.hpp"

namespace plume::text {

error origin::fault(code c, std::string_view what) const { return error{c, what}.in(path).hint(io::usual_next_step(c)); }

error origin::cancelled() const { return error{code::cancelled, "was cancelled while loading"}.in(path); }

std::string element_of(std::string_view key, std::size_t index) { return std::string(key) + '[' + std::to_string(index) + ']'; }

}  // namespace plume::text
