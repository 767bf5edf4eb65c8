#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <plume/core/utf8.hpp>
#include <plume/text/pretokenizers.hpp>
#include <plume/text/tokenizer.hpp>

#include "support/gguf_writer.hpp"
#include "support/tiny_vocabulary.hpp"

// The first byte says which: the rest is a GGUF file whose tokenizer is loaded and used; or a small vocabulary made from it, with a text; or a text
// for a vocabulary that is right. Whatever loads must encode, decode without loss of place, and stream what decode gives.

namespace {

using namespace plume;

[[noreturn]] void wrong() { std::abort(); }

void use(const tokenizer& t, std::string_view text) {
    for (const bool special : {false, true}) {
        const auto ids = t.encode(text, {.add_bos = special, .parse_special = special});
        if (!ids) wrong();
        if (ids->size() > 3 * text.size() + 8) wrong();
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

/// Tokens, types, scores and merges from the bytes: texts end at a zero byte, the byte before says the type.
test::gguf_writer vocabulary_of(std::string_view bytes, bool byte_level) {
    std::vector<std::string>  tokens, merges;
    std::vector<std::int32_t> types;
    std::vector<float>        scores;
    while (!bytes.empty() && tokens.size() < 200) {
        const auto end  = std::min(bytes.find('\0'), bytes.size());
        const auto text = bytes.substr(0, end);
        const int  type = text.empty() ? 1 : static_cast<unsigned char>(text[0]);
        if (byte_level && type >= 128) {
            merges.emplace_back(text.substr(1));
        } else {
            tokens.emplace_back(text.substr(text.empty() ? 0 : 1));
            types.push_back(type % 7);
            scores.push_back(static_cast<float>(type / 7));
        }
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
    if (byte_level)
        for (unsigned b = 0; b < 256; ++b) tokens.push_back(test::byte_character(b)), types.push_back(1), scores.push_back(0);
    test::gguf_writer w;
    w.set("tokenizer.ggml.model", byte_level ? "gpt2" : "llama").set("tokenizer.ggml.tokens", tokens).set("tokenizer.ggml.token_type", types);
    w.set("tokenizer.ggml.scores", scores).set("tokenizer.ggml.merges", merges).set("tokenizer.ggml.eos_token_id", std::uint32_t{0});
    return w;
}

void load_and_use(std::span<const std::byte> file, std::string_view text) {
    const auto gguf = io::gguf::from_memory(file);
    if (!gguf) return;
    const auto t = tokenizer::from_gguf(*gguf);
    if (t)
        use(*t, text);
    else if (t.error().message().empty())
        wrong();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto             all    = text::pretokenizers();
    const auto             pre    = all[data[0] / 4 % all.size()].names[0];
    const auto             middle = rest.size() * data[1] / 256;
    switch (data[0] % 4) {
        case 0:
            load_and_use({reinterpret_cast<const std::byte*>(rest.data()), rest.size()}, "Hello 123\n\xe4\xbb\x8a <s></s> 'll");
            break;
        case 1:
            load_and_use(vocabulary_of(rest.substr(0, middle), false).build().data, rest.substr(middle));
            break;
        case 2:
            load_and_use(vocabulary_of(rest.substr(0, middle), true).set("tokenizer.ggml.pre", data[0] == 2 ? "unknown" : pre).build().data,
                         rest.substr(middle));
            break;
        default: {
            auto w = vocabulary_of(std::string_view("\1x\0\201h e\0\1he\0\201l l\0\1ll\0\4<t>\0\3<c>\0", 32), true);
            load_and_use(w.set("tokenizer.ggml.pre", pre).build().data, rest);
            break;
        }
    }
    return 0;
}
