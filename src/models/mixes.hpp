#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// Which tensors of a model get which weight type under the usual names. The names, their numbers and the choices are llama.cpp's, so that a name means the
// same size and the same tensors everywhere.

namespace plume::models {

enum class tensor_role : std::uint8_t { head, embedding, attn_v, attn_qkv, attn_k, attn_q, attn_output, ffn_down, ffn_up, ffn_gate, other };

/// When a rule holds.
enum class mix_when : std::uint8_t {
    always,
    outer_layers,     // the first and the last eighth, and every third between
    first_eighth,     // of the layers
    first_sixteenth,  //
    middle_layers,    // neither the first nor the last eighth
    first_two,
    first_four,
    grouped,             // four or more query heads for a key head
    plain_first_eighth,  // the first eighth, without an importance matrix
    plain,               // without an importance matrix
    known_first_eighth,  // the first eighth, with one
    four_experts,        // four or more
    eight_experts,       // eight; such a rule goes before all others
};

struct mix_rule {
    tensor_role      role;
    mix_when         when;
    std::string_view type;
};

struct mix {
    std::string_view          name;
    std::uint32_t             file_type;  // general.file_type
    std::string_view          base;       // of all that no rule names
    std::span<const mix_rule> rules;      // the first that fits decides
};

/// THE LIST of mixes, and of weight types as mixes without rules of their own.
[[nodiscard]] std::span<const mix> mixes() noexcept;

/// The role that a tensor's name tells.
[[nodiscard]] tensor_role role_of(std::string_view name) noexcept;

/// The type with blocks of 32 (or of one weight) that stands in where rows are not whole blocks of 256.
[[nodiscard]] std::string_view stand_in(std::string_view type) noexcept;

}  // namespace plume::models
