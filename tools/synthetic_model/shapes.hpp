#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <plume/quant/formats.hpp>

namespace plume::tool::synthetic {

/// The dimensions of a published Llama, under the letters of the library. E is the head's width, V the vocabulary.
struct shape {
    std::string_view name;
    std::uint64_t    L, D, F, H, K, E, V, context;
    float            rope_base;
    bool             tied;                   // no output.weight: the head is token_embd.weight
    std::uint64_t    experts = 0, used = 0;  // as Mixtral has them, each with its F
};

[[nodiscard]] std::span<const shape> shapes() noexcept;

/// One tensor to write. A vector has one dimension; a matrix w[N,D] has dims {D, N}, the fastest first.
struct planned_tensor {
    std::string                name;
    std::vector<std::uint64_t> dims;
    const quant::format_info*  format = nullptr;
};

/// A format of THE LIST for every matrix ("Q4_0"), or a mix of formats ("Q4_K_M") as files under that name have it.
[[nodiscard]] std::vector<std::string_view> type_names();

/// Every tensor of a llama of this shape; null for an unknown type. Rows that are not whole blocks get the format that other programs fall back to,
/// so that Q4_K of SmolLM2's 576 columns is Q5_0.
[[nodiscard]] std::optional<std::vector<planned_tensor>> plan_tensors(const shape& s, std::string_view type);

}  // namespace plume::tool::synthetic
