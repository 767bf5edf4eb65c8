#pragma once

namespace plume {
struct candidates;
}

namespace plume::samplers {

/// Keeps the most likely token alone; of equals the lower id.
struct greedy {
    static void apply(candidates&) noexcept;
};

}  // namespace plume::samplers
