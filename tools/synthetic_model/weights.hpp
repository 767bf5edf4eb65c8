#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <plume/quant/formats.hpp>

namespace plume::tool::synthetic {

/// Blocks of one format whose weights are about normal, mean 0 and standard deviation 0.02: a million weights, made once, of which a file's
/// blocks are drawn. Any part of a tensor can be made alone, and the same seed gives the same bytes on every machine.
class weight_pool {
public:
    weight_pool(const quant::format_info& format, std::uint64_t seed);

    /// Blocks first to first + n of the tensor of that name, as they stand in a file. For float formats `n` and `first` are multiples of 32.
    void draw(std::string_view tensor, std::uint64_t first, std::uint64_t n, std::byte* out) const;

private:
    std::size_t            unit_       = 1;  // blocks drawn together: one, or 32 floats
    std::size_t            unit_bytes_ = 0;
    std::size_t            units_      = 0;  // a power of two
    std::uint64_t          seed_;
    std::vector<std::byte> bytes_;
};

/// Weights of a norm: near 1. The same for every machine, as above.
void draw_norm(std::uint64_t seed, std::string_view tensor, std::size_t n, float* out);

}  // namespace plume::tool::synthetic
