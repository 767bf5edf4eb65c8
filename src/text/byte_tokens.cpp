#include "src/text/byte_tokens.hpp"

#include "src/text/space_mark.hpp"

namespace plume::text {

result<byte_tokens> byte_tokens::find(vocabulary& words, const origin& from) {
    byte_tokens found;
    found.ids.fill(-1);
    std::size_t n_bytes = 0;
    for (token_id id = 0; words.has(id); ++id) {
        const int byte = byte_of_name(words.name(id));
        if (!words.types_given() && byte >= 0 && words.type(id) == token_type::normal) words.set_type(id, token_type::byte);
        if (words.type(id) != token_type::byte) continue;
        const auto subject = element_of(from.tokens, static_cast<std::size_t>(id));
        if (byte < 0)
            return from.fault(code::format_invalid, "is a byte token whose name is no byte")
                .about("key", subject)
                .expected_found("<0x00> to <0xFF>", words.name(id));
        auto& place = found.ids[static_cast<std::size_t>(byte)];
        if (place >= 0) return from.fault(code::format_invalid, "is a second token for one byte").about("key", subject);
        place = id;
        ++n_bytes;
    }
    found.all = n_bytes == found.ids.size();
    return found;
}

}  // namespace plume::text
