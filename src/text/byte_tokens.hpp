#pragma once

#include <array>

#include "src/text/description.hpp"

namespace plume::text {

/// The tokens "<0x00>" to "<0xFF>", which stand for what no piece can say.
struct byte_tokens {
    std::array<token_id, 256> ids{};        // -1: missing
    bool                      all = false;  // none is missing: only then they are used

    /// Finds them by type. Where the file gives no types, names decide, and the types are set.
    /// Errors: format_invalid for one whose name is no byte, and for a second one for one byte.
    static result<byte_tokens> find(vocabulary& words, const origin& from);

    void append(std::string_view bytes, std::vector<token_id>& out) const {
        for (const char c : bytes) out.push_back(ids[static_cast<unsigned char>(c)]);
    }
};

}  // namespace plume::text
