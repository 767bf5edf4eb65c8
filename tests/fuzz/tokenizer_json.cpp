#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <plume/core/utf8.hpp>
#include <plume/text/tokenizer.hpp>

// The bytes are a tokenizer.json or tekken.json; behind a zero byte, if there is one, comes a text for it. Whatever loads must encode that text and a few
// others, and decode gives what the stream gives.

namespace {

using namespace plume;

[[noreturn]] void wrong() { std::abort(); }

void use(const tokenizer& t, std::string_view text) {
    for (const bool special : {false, true}) {
        const auto ids = t.encode(text, {.add_bos = special, .parse_special = special, .add_end = special});
        if (!ids) {
            if (ids.error().code() == code::invalid_argument) continue;  // a normaliser may make a text too long
            wrong();
        }
        text_stream stream(t, special);
        std::string streamed;
        for (const auto id : *ids) {
            if (id < 0 || static_cast<std::size_t>(id) >= t.vocabulary_size()) wrong();
            if (!special && t.is_control(id)) wrong();
            streamed += stream.push(id);
        }
        streamed += stream.finish();
        const auto whole = t.decode(*ids, {.show_special = special});
        if (!whole || *whole != streamed || utf8::first_invalid(*whole) != std::string_view::npos) wrong();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const auto             zero = all.find('\0');
    const auto             t    = tokenizer::from_json(all.substr(0, zero));
    if (!t) {
        if (t.error().message().empty()) wrong();
        return 0;
    }
    use(*t, "Hello 123\n\xe4\xbb\x8a <s></s> 'll ab  abb<e>\xe2\x96\x81x");
    if (zero != std::string_view::npos) use(*t, all.substr(zero + 1));
    return 0;
}
