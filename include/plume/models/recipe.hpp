#pragma once

#include <cstdint>
#include <string_view>

namespace plume::models {

enum class rope_pairs : std::uint8_t { interleaved };  // (2i, 2i + 1), as GGUF stores Llama's projections

/// What an architecture does, as data: only what differs between families stands here; sizes come from the file (model_config),
/// optional tensors (biases, rope_freqs, a head of its own) are used where the file has them.
struct recipe {
    std::string_view gguf_name;  // general.architecture
    std::string_view hf_class;
    rope_pairs       rope = rope_pairs::interleaved;
};

}  // namespace plume::models
