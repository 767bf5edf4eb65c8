#include <plume/core/version.hpp>

#define PLUME_TEXT_OF(x) #x
#define PLUME_DOTTED(a, b, c) PLUME_TEXT_OF(a) "." PLUME_TEXT_OF(b) "." PLUME_TEXT_OF(c)

namespace plume {

const char* version() noexcept { return PLUME_DOTTED(PLUME_VERSION_MAJOR, PLUME_VERSION_MINOR, PLUME_VERSION_PATCH); }

}  // namespace plume
