#pragma once

#include <cstdint>
#include <string_view>

namespace plume::io {

/// How many weights a block of a GGUF tensor type has, and how many bytes. Source: the GGUF specification.
struct tensor_type {
    std::uint32_t    number;
    std::string_view name;
    std::uint32_t    weights;
    std::uint32_t    block_bytes;
};

inline constexpr tensor_type tensor_types[] = {
    tensor_type{0, "F32", 1, 4},
    tensor_type{1, "F16", 1, 2},
    tensor_type{2, "Q4_0", 32, 18},
    tensor_type{3, "Q4_1", 32, 20},
    tensor_type{6, "Q5_0", 32, 22},
    tensor_type{7, "Q5_1", 32, 24},
    tensor_type{8, "Q8_0", 32, 34},
    tensor_type{10, "Q2_K", 256, 84},
    tensor_type{11, "Q3_K", 256, 110},
    tensor_type{12, "Q4_K", 256, 144},
    tensor_type{13, "Q5_K", 256, 176},
    tensor_type{14, "Q6_K", 256, 210},
    tensor_type{16, "IQ2_XXS", 256, 66},
    tensor_type{17, "IQ2_XS", 256, 74},
    tensor_type{18, "IQ3_XXS", 256, 98},
    tensor_type{19, "IQ1_S", 256, 50},
    tensor_type{20, "IQ4_NL", 32, 18},
    tensor_type{21, "IQ3_S", 256, 110},
    tensor_type{22, "IQ2_S", 256, 82},
    tensor_type{23, "IQ4_XS", 256, 136},
    tensor_type{24, "I8", 1, 1},
    tensor_type{25, "I16", 1, 2},
    tensor_type{26, "I32", 1, 4},
    tensor_type{27, "I64", 1, 8},
    tensor_type{28, "F64", 1, 8},
    tensor_type{29, "IQ1_M", 256, 56},
    tensor_type{30, "BF16", 1, 2},
    tensor_type{34, "TQ1_0", 256, 54},
    tensor_type{35, "TQ2_0", 256, 66},
    tensor_type{39, "MXFP4", 32, 17},
    tensor_type{40, "NVFP4", 64, 36},
};

[[nodiscard]] constexpr const tensor_type* find_tensor_type(std::uint32_t number) noexcept {
    for (const auto& t : tensor_types)
        if (t.number == number) return &t;
    return nullptr;
}

}  // namespace plume::io
