#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <plume/core/utf8.hpp>
#include <plume/text/tokenizer.hpp>

// The bytes are a tokenizer.model. Whatever loads must encode and decode.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plume;
    const auto t = tokenizer::from_sentencepiece({reinterpret_cast<const char*>(data), size});
    if (!t) {
        if (t.error().message().empty()) std::abort();
        return 0;
    }
    for (const std::string_view text : {"Hello  world", " \xef\xac\x81 \xe2\x96\x81 a<s></s>", "\xe4\xbb\x8a\xcc\x81\n"}) {
        const auto ids = t->encode(text);
        if (!ids) std::abort();
        for (const auto id : *ids)
            if (id < 0 || static_cast<std::size_t>(id) >= t->vocabulary_size()) std::abort();
        const auto back = t->decode(*ids);
        if (!back || utf8::first_invalid(*back) != std::string_view::npos) std::abort();
    }
    return 0;
}
