#pragma once

#include <plume/io/gguf.hpp>

namespace plume::io {

/// What a load says that a stop token or a callback ended.
[[nodiscard]] inline error cancelled(const gguf& file) { return error{code::cancelled, "was cancelled while loading"}.in(file.path()); }

}  // namespace plume::io
