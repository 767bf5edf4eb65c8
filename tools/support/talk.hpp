#pragma once

#include <cstdint>
#include <string>

#include <plume/chat.hpp>

#include "interrupt.hpp"

namespace plume::tool {

struct talk_options {
    std::string      system;    // empty: none, or what the template says itself
    generate_options generate;  // seed: of the first answer; each further one has the next
    bool             quiet = false;
};

/// A talk until the input ends: messages and commands from standard input, answers on standard output, everything else on stderr. Gives the exit code.
int talk(plume::chat c, talk_options options, interrupt& stop);

}  // namespace plume::tool
